//! The registry on the command line: one noun, one file. Everything goes through `app` and straight to the
//! database; a running gateway sees it within two seconds.

mod arguments;
mod client;
mod import;
mod issuer;
mod keys;
mod merchant;
mod partner;
mod profile;
mod sales_unit;
mod secret;
mod show;
#[cfg(test)]
mod tests;
mod token;

use std::io::{BufRead, Write};

use anyhow::bail;
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
    /// Keys at Vipps, and the key file.
    Keys(Noun<keys::Command>),
    Import(import::Arguments),
    /// Tokens of the gateway's own issuer.
    Token(Noun<token::Command>),
}

/// A verb of one noun, and how it answers.
#[derive(Debug, Args)]
pub struct Noun<C: Subcommand> {
    #[command(subcommand)]
    verb: C,
    /// Answer with one JSON object.
    #[arg(long, global = true)]
    json: bool,
}

impl Command {
    /// Whether the command works without the database.
    pub fn is_alone(&self) -> bool {
        matches!(self, Self::Keys(noun) if matches!(noun.verb, keys::Command::Generate))
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
        Command::Partner(noun) => (partner::run(app, noun.verb, inputs).await, noun.json),
        Command::Issuer(noun) => (issuer::run(app, noun.verb, inputs).await, noun.json),
        Command::Client(noun) => (client::run(app, noun.verb, inputs).await, noun.json),
        Command::Profile(noun) => (profile::run(app, noun.verb).await, noun.json),
        Command::Merchant(noun) => (merchant::run(app, noun.verb).await, noun.json),
        Command::SalesUnit(noun) => (sales_unit::run(app, noun.verb).await, noun.json),
        Command::Keys(noun) => (keys::run(app, noun.verb, inputs).await, noun.json),
        Command::Token(noun) => (token::run(app, noun.verb, inputs).await, noun.json),
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
