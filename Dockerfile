# One image for worker, sweeper and command line: `docker build -t lexpand .`, then `docker run lexpand worker ...`.
# For a build that gives the same image again, name the base by its digest: see deploy/README.md.
ARG NODE_IMAGE=node:24.21.0-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# The package of ONNX Runtime contains its CPU library; its install script would download only the one for GPUs.
ENV ONNXRUNTIME_NODE_INSTALL_CUDA=skip
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json index.ts node-version.ts ./
COPY sparse sparse
COPY models models
COPY opensearch opensearch
COPY mappings mappings
COPY workers workers
COPY pipelines pipelines
COPY sources sources
COPY measure measure
COPY quality quality
COPY indices indices
COPY advise advise
COPY embedded embedded
COPY cli cli
COPY scripts/bill-of-materials.ts scripts/
RUN npm run build && npm prune --omit=dev --ignore-scripts \
  && node scripts/bill-of-materials.ts . \
  # Libraries of other systems and of GPUs are larger than all the rest together.
  && find node_modules/onnxruntime-node/bin -mindepth 2 -maxdepth 2 -type d ! -name linux -exec rm -rf {} + \
  && find node_modules/onnxruntime-node/bin \( -name '*providers_cuda*' -o -name '*providers_tensorrt*' \) -delete \
  && mkdir /empty

# No command runs in this stage, and only Node runs later: there is no shell and no package manager.
FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json /app/sbom.cdx.json /app/licences.txt ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY models models
COPY bin bin
COPY LICENSE README.md CHANGELOG.md ./
# Folder of the vector cache and of models from the hub; a volume keeps them. Everything else may be read-only.
COPY --from=build --chown=1000:1000 /empty /var/cache/lexpand
ENV LEXPAND_CACHE=/var/cache/lexpand
# The user `node` by its number, so that Kubernetes can tell that it is not root.
USER 1000:1000
EXPOSE 9464
# Health of commands with --http; the others end by themselves.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/lexpand.mjs"]
CMD ["worker", "--http", "0.0.0.0:9464"]
