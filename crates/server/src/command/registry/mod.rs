//! The registry on the command line: one noun, one file. Everything goes through `app` and straight to the
//! database; a running gateway sees it within two seconds.

mod arguments;
mod audit;
mod client;
mod import;
mod issuer;
mod keys;
mod merchant;
mod operation;
mod partner;
mod product_order;
mod profile;
mod sales_unit;
mod secret;
mod show;
#[cfg(test)]
mod tests;
mod token;
mod transfer;

use std::io::{BufRead, Write};

use anyhow::bail;
use app::audit::{Actor, Executor};
use app::{App, Error};
use clap::{Args, Subcommand};

pub use secret::Inputs;

/// The registry's nouns.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The tenants.
    Partner(Noun<partner::Command>),
    /// Who may sign tokens for a partner.
    Issuer(Noun<issuer::Command>),
    /// Those who fetch tokens at the gateway's own token endpoint.
    Client(Noun<client::Command>),
    /// How a partner's products name themselves to Vipps.
    Profile(Noun<profile::Command>),
    /// The businesses that are paid.
    Merchant(Noun<merchant::Command>),
    /// Sales units, and which partner holds them.
    SalesUnit(Noun<sales_unit::Command>),
    /// Sales units on their way from one partner to another.
    Transfer(Noun<transfer::Command>),
    /// What partners have ordered at Vipps for their merchants.
    ProductOrder(Noun<product_order::Command>),
    /// Keys at Vipps, and the key file.
    Keys(Noun<keys::Command>),
    Import(import::Arguments),
    /// Tokens of the gateway's own issuer.
    Token(Noun<token::Command>),
    /// Operations whose outcome nobody knows.
    Operation(Noun<operation::Command>),
    /// What was done, and by whom: append-only and chained.
    Audit(Noun<audit::Command>),
}

/// A verb of one noun, and how it answers.
#[derive(Debug, Args)]
pub struct Noun<C: Subcommand> {
    #[command(subcommand)]
    verb: C,
    /// Answer with one JSON object.
    #[arg(long, global = true)]
    json: bool,
    /// Who decides, for the audit. Default: the user of this machine.
    #[arg(long, global = true, value_name = "NAME")]
    actor: Option<String>,
    /// Why, in a sentence for the audit.
    #[arg(long, global = true, value_name = "TEXT")]
    reason: Option<String>,
}

impl<C: Subcommand> Noun<C> {
    fn actor(&self, inputs: &Inputs<'_>) -> Actor {
        let actor = whoever(self.actor.as_deref(), inputs);
        match &self.reason {
            Some(reason) => actor.because(reason),
            None => actor,
        }
    }
}

/// Whoever types this: as named, or the user of the machine.
fn whoever(named: Option<&str>, inputs: &Inputs<'_>) -> Actor {
    let user = || {
        let variables = ["SUDO_USER", "USER", "LOGNAME"];
        variables.into_iter().find_map(|name| (inputs.variable)(name))
    };
    let name = named.map(str::to_owned).or_else(user);
    Actor::new(name.as_deref().unwrap_or("unnamed"), Executor::Cli)
}

impl Command {
    /// Whether the command works without the database.
    pub fn is_alone(&self) -> bool {
        matches!(self, Self::Keys(noun) if matches!(noun.verb, keys::Command::Generate))
    }

    /// Whether the command tells which keys are missing, so that missing keys must not keep it from answering.
    pub fn examines_keys(&self) -> bool {
        matches!(self, Self::Keys(noun) if matches!(noun.verb, keys::Command::Status))
    }
}

/// Draws a key for the key file and writes it: the one command that needs no database.
///
/// # Errors
/// No randomness, or nothing can be written.
pub fn generate_key(command: &Command, output: &mut dyn Write) -> anyhow::Result<()> {
    let json = matches!(command, Command::Keys(noun) if noun.json);
    keys::generate()?.write(json, output)
}

/// Runs a command on the database and writes its one answer.
///
/// # Errors
/// What was refused, field by field, with the remedy.
pub async fn run(
    app: &App,
    command: Command,
    inputs: &mut Inputs<'_>,
    output: &mut dyn Write,
) -> anyhow::Result<()> {
    let (shown, json) = match command {
        Command::Import(arguments) => return import::run(app, arguments, inputs, output).await,
        Command::Partner(noun) => {
            let by = noun.actor(inputs);
            (partner::run(app, &by, noun.verb, inputs).await, noun.json)
        }
        Command::Issuer(noun) => {
            let by = noun.actor(inputs);
            (issuer::run(app, &by, noun.verb, inputs).await, noun.json)
        }
        Command::Client(noun) => {
            let by = noun.actor(inputs);
            (client::run(app, &by, noun.verb, inputs).await, noun.json)
        }
        Command::Profile(noun) => {
            let by = noun.actor(inputs);
            (profile::run(app, &by, noun.verb).await, noun.json)
        }
        Command::Merchant(noun) => {
            let by = noun.actor(inputs);
            (merchant::run(app, &by, noun.verb).await, noun.json)
        }
        Command::SalesUnit(noun) => {
            let by = noun.actor(inputs);
            (sales_unit::run(app, &by, noun.verb).await, noun.json)
        }
        Command::Transfer(noun) => {
            let by = noun.actor(inputs);
            (transfer::run(app, &by, noun.verb).await, noun.json)
        }
        Command::ProductOrder(noun) => (product_order::run(app, noun.verb).await, noun.json),
        Command::Keys(noun) => {
            let by = noun.actor(inputs);
            (keys::run(app, &by, noun.verb, inputs).await, noun.json)
        }
        Command::Token(noun) => {
            let by = noun.actor(inputs);
            (token::run(app, &by, noun.verb, inputs).await, noun.json)
        }
        Command::Operation(noun) => {
            let by = noun.actor(inputs);
            (operation::run(app, &by, noun.verb).await, noun.json)
        }
        Command::Audit(noun) => return audit::run(app, noun.verb, noun.json, output).await,
    };
    shown?.write(json, output)
}

/// What a use case refused, in a sentence for the terminal.
fn told<T>(answer: Result<T, Error>) -> anyhow::Result<T> {
    match answer {
        Ok(value) => Ok(value),
        Err(Error::Invalid(violations)) => {
            let faults: Vec<_> = violations
                .iter()
                .map(|violation| format!("{} {}", violation.field, violation.message))
                .collect();
            bail!("{}", faults.join("; "))
        }
        Err(error) => Err(error.into()),
    }
}

/// Standard input, line by line.
pub type Lines<'a> = &'a mut dyn BufRead;
