# The image of the gateway: one binary and the certificate authorities, run by nobody in particular.
#
#   docker build -t nordbro .

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --bin nordbro && cp target/release/nordbro /nordbro

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
USER 65532:65532
COPY --from=build /nordbro /usr/local/bin/nordbro
COPY LICENSE /
EXPOSE 8080 8081
# The private listener is for the pod's own network; the chart sets both addresses.
ENV NORDBRO__PUBLIC__LISTEN=0.0.0.0:8080 NORDBRO__PRIVATE__LISTEN=0.0.0.0:8081
ENTRYPOINT ["/usr/local/bin/nordbro"]
CMD ["serve"]
