use domain::{Environment, ProductProfile};
use url::Url;

use crate::{SetupError, Timeouts};

/// Where Vipps is and how long it may take.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `https://apitest.vipps.no`, or a simulator's test world.
    pub test_url: Url,
    /// `https://api.vipps.no`, or a simulator's production world.
    pub production_url: Url,
    pub timeouts: Timeouts,
    /// How the operator's own product names itself: token calls of platform keys and proofs of keys are for no
    /// partner's product.
    pub operator: ProductProfile,
    /// Longer answers are not read to the end: their outcome is unknown.
    pub most_answer_bytes: usize,
}

impl Settings {
    /// 2 MiB: far above any answer that Vipps documents.
    pub const MOST_ANSWER_BYTES: usize = 2 << 20;

    /// Settings with the usual limits.
    pub fn new(test_url: Url, production_url: Url) -> Self {
        Self {
            test_url,
            production_url,
            timeouts: Timeouts::default(),
            operator: ProductProfile::gateway(env!("CARGO_PKG_VERSION")),
            most_answer_bytes: Self::MOST_ANSWER_BYTES,
        }
    }

    pub(crate) fn check(&self) -> Result<(), SetupError> {
        for environment in Environment::ALL {
            let url = self.url(environment);
            let plain = url.query().is_none() && url.fragment().is_none();
            if !(matches!(url.scheme(), "http" | "https") && url.has_host() && plain) {
                return Err(SetupError::Address(environment));
            }
        }
        Ok(())
    }

    pub(crate) fn url(&self, environment: Environment) -> &Url {
        match environment {
            Environment::Test => &self.test_url,
            Environment::Production => &self.production_url,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_no_call_could_use_is_found_at_the_start() {
        let check = |test: &str, production: &str| {
            Settings::new(test.parse().unwrap(), production.parse().unwrap())
                .check()
                .map_err(|error| error.to_string())
        };
        let good = "https://api.vipps.no";
        assert_eq!(check("http://127.0.0.1:8082", good), Ok(()));
        assert_eq!(check("https://proxy.example/vipps/", good), Ok(()));
        for bad in [
            "ftp://vipps.no",
            "data:text",
            "https://vipps.no/?x=1",
            "https://vipps.no/#x",
        ] {
            let said = check(good, bad).unwrap_err();
            assert!(said.contains("production"), "{bad}: {said}");
        }
    }
}
