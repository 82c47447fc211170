//! The registry: who may do what with which sales unit, and by which keys.
//!
//! Every partner-owned table carries `partner_id` and `environment`, and refers to its parents by all
//! three columns, so that a row cannot point into another partner's or another environment's data.
//! Gateway-wide: `registry_version`, `partners`, `signing_keys`, `sales_units`.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const UP: &str = "
CREATE TABLE registry_version (
    id smallint NOT NULL PRIMARY KEY CHECK (id = 1),
    version bigint NOT NULL
);
INSERT INTO registry_version (id, version) VALUES (1, 1);

CREATE TABLE partners (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'suspended')),
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT uq_partners_name UNIQUE (name)
);

CREATE TABLE issuers (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL REFERENCES partners (id),
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    iss text NOT NULL,
    aud text NOT NULL,
    jwks_url text,
    jwks_inline text,
    algorithms text NOT NULL,
    scopes text NOT NULL,
    msns text,
    max_lifetime_seconds bigint NOT NULL CHECK (max_lifetime_seconds > 0),
    demands_at_jwt boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CHECK ((jwks_url IS NULL) <> (jwks_inline IS NULL)),
    CONSTRAINT uq_issuers_iss_aud UNIQUE (iss, aud)
);
CREATE INDEX ix_issuers_partner ON issuers (partner_id, environment);

CREATE TABLE product_profiles (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL REFERENCES partners (id),
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    name text NOT NULL,
    system_name text NOT NULL,
    system_version text NOT NULL,
    plugin_name text NOT NULL,
    plugin_version text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT uq_product_profiles_name UNIQUE (partner_id, environment, name),
    CONSTRAINT uq_product_profiles_owner UNIQUE (id, partner_id, environment)
);

CREATE TABLE clients (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL REFERENCES partners (id),
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    name text NOT NULL,
    jwks_inline text,
    scopes text NOT NULL,
    msns text,
    token_lifetime_seconds bigint NOT NULL CHECK (token_lifetime_seconds > 0),
    profile_id uuid,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT uq_clients_name UNIQUE (partner_id, environment, name),
    CONSTRAINT uq_clients_owner UNIQUE (id, partner_id, environment),
    FOREIGN KEY (profile_id, partner_id, environment) REFERENCES product_profiles (id, partner_id, environment)
);

CREATE TABLE client_secrets (
    id uuid NOT NULL PRIMARY KEY,
    client_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    environment text NOT NULL,
    hash text NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (client_id, partner_id, environment) REFERENCES clients (id, partner_id, environment) ON DELETE CASCADE
);
CREATE INDEX ix_client_secrets_client ON client_secrets (client_id);

CREATE TABLE client_assertions (
    client_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    environment text NOT NULL,
    jti_hash text NOT NULL,
    expires_at bigint NOT NULL,
    CONSTRAINT pk_client_assertions PRIMARY KEY (client_id, jti_hash),
    FOREIGN KEY (client_id, partner_id, environment) REFERENCES clients (id, partner_id, environment) ON DELETE CASCADE
);
CREATE INDEX ix_client_assertions_expiry ON client_assertions (expires_at);

CREATE TABLE signing_keys (
    id uuid NOT NULL PRIMARY KEY,
    kid text NOT NULL,
    public_jwk text NOT NULL,
    sealed BLOB NOT NULL,
    signs_from bigint NOT NULL,
    signs_until bigint NOT NULL,
    published_until bigint NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT uq_signing_keys_kid UNIQUE (kid)
);

CREATE TABLE merchants (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL REFERENCES partners (id),
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    name text NOT NULL,
    organisation_number text NOT NULL,
    country text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT uq_merchants_organisation UNIQUE (partner_id, environment, country, organisation_number),
    CONSTRAINT uq_merchants_owner UNIQUE (id, partner_id, environment)
);

CREATE TABLE sales_units (
    id uuid NOT NULL PRIMARY KEY,
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    msn text NOT NULL,
    market text NOT NULL CHECK (market IN ('NO', 'DK', 'FI', 'SE')),
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT uq_sales_units_msn UNIQUE (environment, msn),
    CONSTRAINT uq_sales_units_identity UNIQUE (id, environment, msn)
);

CREATE TABLE assignments (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL REFERENCES partners (id),
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    merchant_id uuid NOT NULL,
    sales_unit_id uuid NOT NULL,
    msn text NOT NULL,
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'live', 'ended')),
    credential_mode text NOT NULL CHECK (credential_mode IN ('own', 'partner', 'platform')),
    profile_id uuid,
    orphans text NOT NULL CHECK (orphans IN ('announce', 'cancel_push', 'cancel')),
    live_from bigint,
    ended_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CHECK (state = 'draft' OR live_from IS NOT NULL OR ended_at IS NOT NULL),
    CONSTRAINT uq_assignments_owner UNIQUE (id, partner_id, environment),
    FOREIGN KEY (merchant_id, partner_id, environment) REFERENCES merchants (id, partner_id, environment),
    FOREIGN KEY (sales_unit_id, environment, msn) REFERENCES sales_units (id, environment, msn),
    FOREIGN KEY (profile_id, partner_id, environment) REFERENCES product_profiles (id, partner_id, environment)
);
CREATE UNIQUE INDEX uq_assignments_live ON assignments (environment, msn) WHERE state = 'live';
CREATE UNIQUE INDEX uq_assignments_open ON assignments (partner_id, environment, msn) WHERE state <> 'ended';

CREATE TABLE key_sets (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid REFERENCES partners (id),
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    kind text NOT NULL CHECK (kind IN ('sales_unit', 'partner', 'platform', 'accounting')),
    assignment_id uuid,
    state text NOT NULL CHECK (state IN ('draft', 'active', 'retired')),
    version bigint NOT NULL,
    sealed BLOB NOT NULL,
    client_fingerprint text NOT NULL,
    proven_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CHECK ((kind = 'platform') = (partner_id IS NULL)),
    CHECK ((kind = 'sales_unit') = (assignment_id IS NOT NULL)),
    CHECK (kind <> 'partner' OR environment = 'production'),
    CHECK (state <> 'active' OR proven_at IS NOT NULL),
    FOREIGN KEY (assignment_id, partner_id, environment) REFERENCES assignments (id, partner_id, environment)
);
CREATE INDEX ix_key_sets_owner ON key_sets (partner_id, environment, kind);
CREATE UNIQUE INDEX uq_key_sets_unit ON key_sets (assignment_id) WHERE kind = 'sales_unit' AND state = 'active';
CREATE UNIQUE INDEX uq_key_sets_partner ON key_sets (partner_id, environment) WHERE kind = 'partner' AND state = 'active';
CREATE UNIQUE INDEX uq_key_sets_platform ON key_sets (environment) WHERE kind = 'platform' AND state = 'active';
CREATE UNIQUE INDEX uq_key_sets_accounting ON key_sets (partner_id, environment) WHERE kind = 'accounting' AND state = 'active';
";

const DOWN: &str = "
DROP TABLE key_sets;
DROP TABLE assignments;
DROP TABLE sales_units;
DROP TABLE merchants;
DROP TABLE signing_keys;
DROP TABLE client_assertions;
DROP TABLE client_secrets;
DROP TABLE clients;
DROP TABLE product_profiles;
DROP TABLE issuers;
DROP TABLE partners;
DROP TABLE registry_version;
";
