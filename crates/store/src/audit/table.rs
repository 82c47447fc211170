//! Rows of the audit.

pub(super) mod entries {
    use sea_orm::entity::prelude::*;

    use crate::moment::Moment;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) chain: Uuid,
        pub(crate) sequence: i64,
        pub(crate) partner_id: Option<Uuid>,
        pub(crate) environment: Option<String>,
        pub(crate) at: Moment,
        pub(crate) actor: String,
        pub(crate) executor: String,
        pub(crate) action: String,
        pub(crate) target: String,
        pub(crate) reason: String,
        pub(crate) before: String,
        pub(crate) after: String,
        pub(crate) hash: String,
        pub(crate) seal: String,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod heads {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_heads")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) chain: Uuid,
        pub(crate) partner_id: Option<Uuid>,
        pub(crate) sequence: i64,
        pub(crate) hash: String,
        pub(crate) seal: String,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
