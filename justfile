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

# Fuzz one target for so many seconds; `ls fuzz/fuzz_targets` names them.
fuzz TARGET SECONDS="600":
    cd fuzz && RUSTC_BOOTSTRAP=1 nice -n 19 cargo fuzz run {{ TARGET }} -- -max_total_time={{ SECONDS }} -max_len=4096

# What the trouble of one sales unit costs the others on one key set.
bench-platform-keys:
    cargo run -p nordbro-tests --example platform_keys
