//! Secrets: from standard input, a file or the environment, never from the command line, which every
//! process on the machine can read.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use domain::Secret;
use zeroize::Zeroizing;

use super::Lines;

/// Where a secret is.
#[derive(Debug, Clone)]
pub enum Source {
    /// The next line of standard input.
    Stdin,
    File(PathBuf),
    Variable(String),
    /// None of these: what was given may be the secret itself. It is refused where it would be read, because
    /// the command line's own refusal repeats what it refuses.
    Itself,
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.split_once(':') {
            None if text == "-" => Self::Stdin,
            Some(("file", path)) if !path.is_empty() => Self::File(path.into()),
            Some(("env", name)) if !name.is_empty() => Self::Variable(name.to_owned()),
            Some(_) | None => Self::Itself,
        })
    }
}

/// What commands read beside their arguments.
pub struct Inputs<'a> {
    pub stdin: Lines<'a>,
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

impl fmt::Debug for Inputs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inputs")
    }
}

impl Inputs<'_> {
    /// The secret at `source`, without the line's end. `name` is what it is, for the message.
    pub(super) fn secret(&mut self, name: &str, source: &Source) -> anyhow::Result<Secret> {
        let text = match source {
            Source::Stdin => {
                let mut line = Zeroizing::new(String::new());
                self.stdin
                    .read_line(&mut line)
                    .context("standard input cannot be read")?;
                line
            }
            Source::File(path) => Zeroizing::new(
                std::fs::read_to_string(path)
                    .with_context(|| format!("{name}: {} cannot be read", path.display()))?,
            ),
            Source::Variable(variable) => Zeroizing::new(
                (self.variable)(variable)
                    .with_context(|| format!("{name}: the variable {variable} is not set"))?,
            ),
            Source::Itself => {
                bail!("{name} is given as file:PATH, env:NAME or - (a line of standard input), never itself")
            }
        };
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            bail!("{name} is empty");
        }
        Ok(Secret::new(secret))
    }

    /// A whole document: the file's text, or standard input to its end.
    pub(super) fn document(&mut self, name: &str, source: &Source) -> anyhow::Result<String> {
        match source {
            Source::Stdin => {
                let mut text = String::new();
                self.stdin
                    .read_to_string(&mut text)
                    .context("standard input cannot be read")?;
                Ok(text)
            }
            Source::File(_) | Source::Variable(_) | Source::Itself => {
                Ok(self.secret(name, source)?.reveal().to_owned())
            }
        }
    }
}
