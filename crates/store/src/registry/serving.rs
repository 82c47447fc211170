//! All that a request needs of the registry, in one indexed query: the assignment, the keys of its credential
//! mode, and the product that names itself.

use domain::{AssignmentId, KeySet, Msn, ProfileId};
use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult, Statement, Value,
};

use super::key_sets;
use super::{Profile, Unit, assignments};
use crate::table::{self, product_profiles, sales_units};
use crate::{Error, Scope};

/// Which assignment of the partner.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// The live one of a serial number.
    Live(&'a Msn),
    /// The draft or live one of a serial number.
    Held(&'a Msn),
    /// The one of a serial number that moved to another partner last.
    Left(&'a Msn),
    /// In whatever state: what was begun under it is finished under it.
    Assigned(AssignmentId),
}

/// A unit with what a call to Vipps needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    pub unit: Unit,
    /// The active keys of the unit's credential mode.
    pub keys: Option<KeySet>,
    /// The chosen product, else the unit's, else the partner's first.
    pub profile: Option<Profile>,
}

/// Every column of a table under a prefix, so that rows of several tables come side by side.
fn columns<E: EntityTrait>(alias: &str) -> String {
    let column = |column: E::Column| {
        let name = column.as_str();
        format!("{alias}.{name} AS {alias}_{name}")
    };
    E::Column::iter().map(column).collect::<Vec<_>>().join(", ")
}

/// The query for one. Its parameters: partner, environment, chosen profile, serial number or assignment.
pub fn serving_sql(which: Which<'_>) -> String {
    sql(match which {
        Which::Live(_) => "a.msn = $4 AND a.state = 'live'",
        Which::Held(_) => "a.msn = $4 AND a.state <> 'ended'",
        Which::Left(_) => {
            "a.msn = $4 AND a.state = 'ended' AND a.closing = 'moved' ORDER BY a.ended_at DESC LIMIT 1"
        }
        Which::Assigned(_) => "a.id = $4",
    })
}

/// States and kinds stand in the text, so that a plan for any values can use the partial indexes.
fn sql(filter: &str) -> String {
    format!(
        "SELECT {a}, {u}, {k}, {p} FROM assignments a \
         JOIN sales_units u ON u.id = a.sales_unit_id \
         LEFT JOIN key_sets k ON k.id = CASE a.credential_mode \
             WHEN 'own' THEN (SELECT o.id FROM key_sets o WHERE o.assignment_id = a.id \
                 AND o.partner_id = a.partner_id AND o.environment = a.environment \
                 AND o.kind = 'sales_unit' AND o.state = 'active') \
             WHEN 'partner' THEN (SELECT o.id FROM key_sets o WHERE o.partner_id = a.partner_id \
                 AND o.environment = a.environment AND o.kind = 'partner' AND o.state = 'active') \
             ELSE (SELECT o.id FROM key_sets o WHERE o.partner_id IS NULL \
                 AND o.environment = a.environment AND o.kind = 'platform' AND o.state = 'active') END \
         LEFT JOIN product_profiles p ON p.partner_id = a.partner_id AND p.environment = a.environment \
             AND p.id = COALESCE($3, a.profile_id, (SELECT f.id FROM product_profiles f \
                 WHERE f.partner_id = a.partner_id AND f.environment = a.environment ORDER BY f.id LIMIT 1)) \
         WHERE a.partner_id = $1 AND a.environment = $2 AND {filter}",
        a = columns::<table::assignments::Entity>("a"),
        u = columns::<sales_units::Entity>("u"),
        k = columns::<table::key_sets::Entity>("k"),
        p = columns::<product_profiles::Entity>("p"),
    )
}

impl<M> Scope<'_, M> {
    /// A unit of this partner, ready to be served.
    ///
    /// # Errors
    /// [`Error::Corrupt`]; [`Error::Unavailable`].
    pub async fn find_serving(
        &self,
        which: Which<'_>,
        profile: Option<ProfileId>,
    ) -> Result<Option<Serving>, Error> {
        let wanted: Value = match which {
            Which::Live(msn) | Which::Held(msn) | Which::Left(msn) => msn.as_str().into(),
            Which::Assigned(id) => id.uuid().into(),
        };
        let [partner, environment, chosen] = self.serving_values(profile);
        let statement = Statement::from_sql_and_values(
            self.conn().get_database_backend(),
            serving_sql(which),
            [partner, environment, chosen, wanted],
        );
        let row = self.conn().query_one_raw(statement).await?;
        match row {
            Some(row) => self.serving(&row).await.map(Some),
            None => Ok(None),
        }
    }

    /// All of this partner's drafted and live units by serial number, in the same one query.
    ///
    /// # Errors
    /// As [`Scope::find_serving`].
    pub async fn list_serving(&self, profile: Option<ProfileId>) -> Result<Vec<Serving>, Error> {
        let statement = Statement::from_sql_and_values(
            self.conn().get_database_backend(),
            format!("{} ORDER BY a.msn", sql("a.state <> 'ended'")),
            self.serving_values(profile),
        );
        let rows = self.conn().query_all_raw(statement).await?;
        let mut units = Vec::with_capacity(rows.len());
        for row in &rows {
            units.push(self.serving(row).await?);
        }
        Ok(units)
    }

    fn serving_values(&self, profile: Option<ProfileId>) -> [Value; 3] {
        [
            self.partner().uuid().into(),
            self.environment().as_str().into(),
            profile.map(ProfileId::uuid).into(),
        ]
    }

    async fn serving(&self, row: &QueryResult) -> Result<Serving, Error> {
        let assignment = table::assignments::Model::from_query_result(row, "a_")?;
        let unit = sales_units::Model::from_query_result(row, "u_")?;
        let keys = match table::key_sets::Model::from_query_result_optional(row, "k_")? {
            Some(row) => Some(key_sets::open(self.conn(), self.keyring(), &row).await?),
            None => None,
        };
        let profile = product_profiles::Model::from_query_result_optional(row, "p_")?;
        Ok(Serving {
            unit: assignments::joined((assignment, Some(unit)))?,
            keys,
            profile: profile.map(Profile::try_from).transpose()?,
        })
    }
}
