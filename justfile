# Short names for the commands of every day. `just` lists them.

_default:
    @just --list

# Everything that is checked before a change lands.
check *ARGS:
    ./test {{ ARGS }}

# The whole payment on this machine, then a gateway to play with.
demo *ARGS:
    cargo run -- demo {{ ARGS }}

# Format, then the lints.
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# Write every generated file again.
generate:
    cargo run -- openapi > openapi/nordbro.json
    cargo run -- openapi --operator > openapi/operator.json

# Fuzz one target for so many seconds; `ls fuzz/fuzz_targets` names them.
fuzz TARGET SECONDS="600":
    cd fuzz && RUSTC_BOOTSTRAP=1 nice -n 19 cargo fuzz run {{ TARGET }} -- -max_total_time={{ SECONDS }} -max_len=4096

# What the trouble of one sales unit costs the others on one key set.
bench-platform-keys:
    cargo run --release -p nordbro-tests --example platform_keys

# Seeded histories: N of one kind from seed FIRST on, `rules` (a million take minutes) or `gateway` (on both databases; wants NORDBRO_TEST_POSTGRES_URL).
histories N KIND="gateway" FIRST="0":
    NORDBRO_HISTORIES={{ N }} NORDBRO_FIRST_HISTORY={{ FIRST }} cargo test --release -p nordbro-tests --test histories {{ KIND }} -- --nocapture

# The real process, killed N times on each database (SQLite, and a PostgreSQL of the test's own that crashes too).
histories-process N:
    cargo build --bins
    NORDBRO_BIN=$PWD/target/debug/nordbro NORDBRO_CYCLES={{ N }} cargo test -p nordbro-tests --test process histories -- --nocapture

# Break each rule that keeps partners apart, one at a time: a test has to notice. Needs NORDBRO_TEST_POSTGRES_URL.
mutants:
    nice -n 19 python3 tools/mutants.py

# What it costs on PostgreSQL to name the partner of a transaction. Needs NORDBRO_TEST_POSTGRES_URL.
wall-cost:
    cargo run --release -p nordbro-store --example wall_cost
