//! Serial numbers, whoever holds them.

use domain::{Environment, Msn, SalesUnitId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use time::OffsetDateTime;

use super::Registry;
use crate::table::sales_units::{ActiveModel, Column, Entity, Model};
use crate::{Error, table};

const TABLE: &str = "sales_units";

/// A serial number in one of Vipps' systems. (environment, MSN) is unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesUnit {
    pub id: SalesUnitId,
    pub environment: Environment,
    pub msn: Msn,
    pub market: Market,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// Where a sales unit sells (Vipps knowledge base, markets, 2026).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Market {
    Norway,
    Denmark,
    Finland,
    Sweden,
}

impl Market {
    pub const ALL: [Self; 4] = [Self::Norway, Self::Denmark, Self::Finland, Self::Sweden];

    /// ISO 3166-1 alpha-2.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Norway => "NO",
            Self::Denmark => "DK",
            Self::Finland => "FI",
            Self::Sweden => "SE",
        }
    }
}

impl TryFrom<Model> for SalesUnit {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        Ok(Self {
            id: SalesUnitId::from_uuid(row.id),
            environment: table::environment(&row.environment, TABLE, row.id)?,
            msn: row.msn.parse().map_err(|_| Error::corrupt(TABLE, row.id))?,
            market: table::named(&Market::ALL, Market::as_str, &row.market, TABLE, row.id)?,
            created_at: row.created_at.at(TABLE, row.id)?,
            updated_at: row.updated_at.at(TABLE, row.id)?,
        })
    }
}

impl Registry<'_> {
    /// The row of a serial number, which is added when nobody has named it before: the same statements either
    /// way.
    pub async fn known_sales_unit(&self, unit: &SalesUnit) -> Result<SalesUnit, Error> {
        let row: ActiveModel = model(unit).into_active_model().reset_all();
        let anew = OnConflict::columns([Column::Environment, Column::Msn])
            .do_nothing_on([Column::Id])
            .to_owned();
        Entity::insert(row)
            .on_conflict(anew)
            .exec_without_returning(self.conn)
            .await?;
        let row = Entity::find()
            .filter(Column::Environment.eq(unit.environment.as_str()))
            .filter(Column::Msn.eq(unit.msn.as_str()))
            .one(self.conn)
            .await?;
        row.ok_or_else(|| Error::corrupt(TABLE, unit.msn.as_str()))?
            .try_into()
    }
}

fn model(unit: &SalesUnit) -> Model {
    Model {
        id: unit.id.uuid(),
        environment: unit.environment.as_str().to_owned(),
        msn: unit.msn.as_str().to_owned(),
        market: unit.market.as_str().to_owned(),
        created_at: unit.created_at.into(),
        updated_at: unit.updated_at.into(),
    }
}
