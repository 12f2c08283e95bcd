-- The tables of prisma/schema.prisma as they were first.

CREATE TABLE "Job" (
  "id" TEXT NOT NULL PRIMARY KEY,
  "key" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "attempt" INTEGER NOT NULL DEFAULT 1,
  "deaths" INTEGER NOT NULL DEFAULT 0,
  "urgency" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "personKey" TEXT NOT NULL,
  "personId" TEXT NOT NULL,
  "personName" TEXT NOT NULL,
  "platform" TEXT NOT NULL,
  "server" TEXT,
  "channel" TEXT NOT NULL,
  "thread" TEXT,
  "direct" BOOLEAN NOT NULL,
  "ageRestricted" BOOLEAN NOT NULL,
  "member" BOOLEAN NOT NULL,
  "target" TEXT NOT NULL,
  "parentJob" TEXT,
  "parentIndex" INTEGER,
  "prompt" TEXT NOT NULL,
  "lowered" TEXT NOT NULL,
  "negative" TEXT,
  "width" INTEGER,
  "height" INTEGER,
  "steps" INTEGER,
  "guidance" REAL,
  "seed" BIGINT NOT NULL,
  "count" INTEGER NOT NULL,
  "scheduler" TEXT,
  "model" TEXT NOT NULL,
  "style" TEXT,
  "strength" REAL,
  "initAttachment" TEXT,
  "initKey" TEXT,
  "asked" BIGINT NOT NULL,
  "queued" BIGINT NOT NULL,
  "started" BIGINT,
  "drawn" BIGINT,
  "delivered" BIGINT,
  "ended" BIGINT,
  "told" BOOLEAN NOT NULL DEFAULT false,
  "waitTime" INTEGER,
  "loadTime" INTEGER,
  "encodeTime" INTEGER,
  "denoiseTime" INTEGER,
  "decodeTime" INTEGER,
  "postTime" INTEGER,
  "drawnWidth" INTEGER,
  "drawnHeight" INTEGER,
  "drawnPixels" INTEGER,
  "drawnSteps" INTEGER,
  "drawnGuidance" REAL,
  "drawnRescale" REAL,
  "drawnScheduler" TEXT,
  "drawnStrength" REAL,
  "device" TEXT,
  "modelHash" TEXT,
  "cold" BOOLEAN,
  "mates" INTEGER,
  "warnings" TEXT,
  "errorCode" TEXT,
  "errorText" TEXT
);
CREATE UNIQUE INDEX "Job_key_key" ON "Job" ("key");
CREATE INDEX "Job_state_told_idx" ON "Job" ("state", "told");
CREATE INDEX "Job_asked_idx" ON "Job" ("asked");
CREATE INDEX "Job_personKey_asked_idx" ON "Job" ("personKey", "asked");
CREATE INDEX "Job_ended_idx" ON "Job" ("ended");
CREATE INDEX "Job_initKey_idx" ON "Job" ("initKey");
CREATE INDEX "Job_model_drawnPixels_drawn_idx" ON "Job" ("model", "drawnPixels", "drawn");

CREATE TABLE "Image" (
  "job" TEXT NOT NULL,
  "index" INTEGER NOT NULL,
  "seed" BIGINT NOT NULL,
  "key" TEXT,
  "bytes" INTEGER NOT NULL,
  "width" INTEGER NOT NULL,
  "height" INTEGER NOT NULL,
  "verdict" TEXT NOT NULL,
  "pixels" TEXT NOT NULL,
  PRIMARY KEY ("job", "index"),
  FOREIGN KEY ("job") REFERENCES "Job" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "Image_key_idx" ON "Image" ("key");

CREATE TABLE "Delivery" (
  "job" TEXT NOT NULL PRIMARY KEY,
  "what" TEXT NOT NULL,
  "at" BIGINT NOT NULL,
  FOREIGN KEY ("job") REFERENCES "Job" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "Delivery_at_idx" ON "Delivery" ("at");

CREATE TABLE "Report" (
  "job" TEXT NOT NULL,
  "by" TEXT NOT NULL,
  "at" BIGINT NOT NULL,
  PRIMARY KEY ("job", "by"),
  FOREIGN KEY ("job") REFERENCES "Job" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "Report_by_idx" ON "Report" ("by");

CREATE TABLE "Setting" (
  "server" TEXT NOT NULL,
  "channel" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  PRIMARY KEY ("server", "channel")
);

CREATE TABLE "Style" (
  "server" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "prompt" TEXT NOT NULL,
  "negative" TEXT,
  PRIMARY KEY ("server", "name")
);

CREATE TABLE "Counter" (
  "day" INTEGER NOT NULL,
  "platform" TEXT NOT NULL,
  "server" TEXT NOT NULL,
  "channel" TEXT NOT NULL,
  "model" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "errorCode" TEXT NOT NULL,
  "jobs" INTEGER NOT NULL,
  "images" INTEGER NOT NULL,
  "cold" INTEGER NOT NULL,
  "warm" INTEGER NOT NULL,
  "reports" INTEGER NOT NULL,
  PRIMARY KEY ("day", "platform", "server", "channel", "model", "state", "errorCode")
);

CREATE TABLE "Spent" (
  "job" TEXT NOT NULL PRIMARY KEY,
  "person" TEXT NOT NULL,
  "at" BIGINT NOT NULL,
  "count" INTEGER NOT NULL
);
CREATE INDEX "Spent_person_at_idx" ON "Spent" ("person", "at");

CREATE TABLE "Sample" (
  "at" BIGINT NOT NULL PRIMARY KEY,
  "waiting" INTEGER NOT NULL,
  "running" INTEGER NOT NULL
);

CREATE TABLE "Kept" (
  "name" TEXT NOT NULL PRIMARY KEY,
  "value" TEXT NOT NULL
);

CREATE TABLE "Seen" (
  "key" TEXT NOT NULL PRIMARY KEY,
  "at" BIGINT NOT NULL
);
CREATE INDEX "Seen_at_idx" ON "Seen" ("at");
