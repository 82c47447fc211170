use domain::Environment;
use url::Url;

use crate::Timeouts;

/// Where Vipps is and how long it may take.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `https://apitest.vipps.no`, or a simulator's test world.
    pub test_url: Url,
    /// `https://api.vipps.no`, or a simulator's production world.
    pub production_url: Url,
    pub timeouts: Timeouts,
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
            most_answer_bytes: Self::MOST_ANSWER_BYTES,
        }
    }

    pub(crate) fn url(&self, environment: Environment) -> &Url {
        match environment {
            Environment::Test => &self.test_url,
            Environment::Production => &self.production_url,
        }
    }
}
