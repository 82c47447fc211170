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
