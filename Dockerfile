# Compiles with the development packages, then ships without them.
FROM node:20-bookworm-slim AS build
WORKDIR /kiln
COPY . .
RUN npm ci && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
WORKDIR /kiln
ENV NODE_ENV=production KILN_DATA=/data
COPY --from=build /kiln/package.json ./
COPY --from=build /kiln/node_modules ./node_modules
COPY --from=build /kiln/dist ./dist
COPY --from=build /kiln/assets ./assets
COPY --from=build /kiln/prisma ./prisma
RUN mkdir /data /out && chown node /data /out && ln -s /kiln/dist/src/cli.js /usr/local/bin/kiln && chmod +x dist/src/cli.js
USER node
VOLUME /data
# Pictures are written to the working folder: mount one here.
WORKDIR /out
ENTRYPOINT ["kiln"]
CMD ["--help"]
