# Compiles with the development packages, then ships without them. The full image has what better-sqlite3 is compiled
# with, should its own download not be there.
FROM node:20-bookworm AS build
WORKDIR /kiln
COPY . .
RUN npm ci && npm prune --omit=dev --ignore-scripts
# --build-arg GPU=1 adds what draws on NVIDIA's GPUs (2.2 GB): the provider goes beside ONNX Runtime, the rest below
# /gpu. The driver comes from outside, by NVIDIA's container toolkit. A mirror of PyPI is --build-arg PIP_INDEX_URL=…
ARG GPU
ARG PIP_INDEX_URL
RUN mkdir -p /gpu/gpu/lib && if [ -n "$GPU" ]; then KILN_DATA=/gpu node dist/src/cli.js gpu install --cuda; fi

FROM node:20-bookworm-slim
WORKDIR /kiln
# In a container everybody is elsewhere: the playground asks for the token in /data/token, or KILN_TOKEN.
ENV NODE_ENV=production KILN_DATA=/data KILN_HOST=0.0.0.0
# The volume /data would hide them from who mounts an older one.
ENV LD_LIBRARY_PATH=/usr/local/lib/kiln NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=build /gpu/gpu/lib /usr/local/lib/kiln
COPY --from=build /kiln/package.json ./
COPY --from=build /kiln/node_modules ./node_modules
COPY --from=build /kiln/dist ./dist
COPY --from=build /kiln/assets ./assets
COPY --from=build /kiln/prisma ./prisma
RUN mkdir /data /out && chown node /data /out && ln -s /kiln/dist/src/cli.js /usr/local/bin/kiln && chmod +x dist/src/cli.js
USER node
VOLUME /data
EXPOSE 3000 3001
HEALTHCHECK --start-period=60s CMD node -e "fetch('http://127.0.0.1:3000/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
# kiln draw writes pictures to the working folder: mount one here.
WORKDIR /out
ENTRYPOINT ["kiln"]
CMD ["start"]
