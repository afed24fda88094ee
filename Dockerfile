# The server of `carillon dev` on a machine of your own: docs/container.md.

# Pin it by digest for a build that can be repeated: --build-arg NODE_IMAGE=node@sha256:…
ARG NODE_IMAGE=node:24-bookworm-slim

# The package as `npm publish` would publish it.
FROM ${NODE_IMAGE} AS package
WORKDIR /build
COPY package.json package-lock.json ./
COPY packages/client/package.json packages/client/
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm pack --silent --pack-destination /tmp \
  && mkdir /package \
  && tar -xzf /tmp/carillon-*.tgz -C /package --strip-components=1

# What the package needs when it runs, in the versions of the lock file.
FROM ${NODE_IMAGE} AS modules
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/client/package.json packages/client/
RUN npm ci --omit=dev --workspaces=false --no-audit --no-fund

FROM ${NODE_IMAGE}
# workerd verifies upstreams and issuers of keys by the certificates of the system, which slim images lack.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
COPY --from=modules /app/node_modules /app/node_modules
COPY --from=package /package /app
RUN ln -s /app/bin/carillon.js /usr/local/bin/carillon \
  && install --directory --owner=node --group=node --mode=0700 /data
# The user node, by its number: Kubernetes cannot see that a name is not root.
USER 1000:1000
WORKDIR /data
VOLUME /data
EXPOSE 8200
# The Worker and an object answer, whatever the state of an upstream: sys/health would be that of the upstream. A request
# for a source needs no token, so it leaves no line in the audit log.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8200/v1/sys/events/in/health', { method: 'HEAD' }).then(({ status }) => process.exit(status < 500 ? 0 : 1), () => process.exit(1))"]
# The log of a deployed Worker: what is audited and what fails, as JSON.
ENTRYPOINT ["carillon", "dev", "--host", "0.0.0.0", "--data", "/data", "--log", "json", "--var", "REQUEST_LOG=off"]
