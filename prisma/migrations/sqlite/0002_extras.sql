ALTER TABLE "Job" ADD COLUMN "extras" TEXT;
ALTER TABLE "Job" ADD COLUMN "maskAttachment" TEXT;
ALTER TABLE "Job" ADD COLUMN "maskKey" TEXT;
ALTER TABLE "Job" ADD COLUMN "controlAttachment" TEXT;
ALTER TABLE "Job" ADD COLUMN "controlKey" TEXT;
CREATE INDEX "Job_maskKey_idx" ON "Job" ("maskKey");
CREATE INDEX "Job_controlKey_idx" ON "Job" ("controlKey");
