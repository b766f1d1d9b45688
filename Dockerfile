# A served board: `docker build -t quadro .`, then docs/service.md.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The build is a step of its own, after the sources are there; `node` of the lock file is the base image's here.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/build.ts \
 && node scripts/image-packages.ts \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 # Binaries of other systems.
 && find node_modules/better-sqlite3/prebuilds -type f ! -name "linux-*.node" -delete \
 && rm -rf node_modules/better-sqlite3/deps node_modules/better-sqlite3/src

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE /app/CHANGELOG.md /app/ARCHITECTURE.md ./
COPY --from=build /app/bin bin
COPY --from=build /app/docs docs
COPY --from=build /app/dist dist
COPY --from=build /app/node_modules node_modules
# A SQLite board lives in the volume; a server's address comes by QUADRO_DATABASE_URL or its _FILE.
RUN mkdir /data && chown node:node /data && ln -s /app/bin/quadro.js /usr/local/bin/quadro
VOLUME /data
USER node
ENV QUADRO_HOST=0.0.0.0 QUADRO_PORT=7337 QUADRO_DATABASE_URL=sqlite:/data/board.db
EXPOSE 7337
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.QUADRO_PORT}/health`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/quadro.js"]
CMD ["serve"]
