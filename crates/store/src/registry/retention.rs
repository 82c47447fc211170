//! How long a partner's bodies are kept.

use domain::{Environment, PartnerId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait as _, ColumnTrait, EntityTrait, IntoActiveModel as _, QueryFilter};

use super::Registry;
use crate::table::retentions::{Column, Entity, Model};
use crate::{Error, System};

impl<M> System<'_, M> {
    /// The days that a partner's bodies are kept in an environment; `None` = as long as the default says.
    pub async fn retention(
        &self,
        partner: PartnerId,
        environment: Environment,
    ) -> Result<Option<u32>, Error> {
        let row = Entity::find()
            .filter(Column::PartnerId.eq(partner.uuid()))
            .filter(Column::Environment.eq(environment.as_str()))
            .one(self.conn())
            .await?;
        row.map(|row| u32::try_from(row.days).map_err(|_| Error::corrupt("retentions", row.partner_id)))
            .transpose()
    }
}

impl Registry<'_> {
    /// `days` = `None` goes back to the default.
    pub async fn set_retention(
        &self,
        partner: PartnerId,
        environment: Environment,
        days: Option<u32>,
    ) -> Result<(), Error> {
        let Some(days) = days else {
            Entity::delete_many()
                .filter(Column::PartnerId.eq(partner.uuid()))
                .filter(Column::Environment.eq(environment.as_str()))
                .exec(self.conn)
                .await?;
            return Ok(());
        };
        let row = Model {
            partner_id: partner.uuid(),
            environment: environment.as_str().to_owned(),
            days: i32::try_from(days).unwrap_or(i32::MAX),
        };
        Entity::insert(row.into_active_model().reset_all())
            .on_conflict(
                OnConflict::columns([Column::PartnerId, Column::Environment])
                    .update_column(Column::Days)
                    .to_owned(),
            )
            .exec_without_returning(self.conn)
            .await?;
        Ok(())
    }
}
