CREATE TABLE "outbox_sinks" (
	"name" text PRIMARY KEY NOT NULL,
	"pub_seq" bigint NOT NULL,
	"incidents" uuid[] DEFAULT '{}'::uuid[] NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	"last_error_at" timestamp(3) with time zone,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox_state" (
	"singleton" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"last_pub_seq" bigint DEFAULT 0 NOT NULL,
	"purged_through" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "outbox_state_singleton" CHECK (singleton),
	CONSTRAINT "outbox_state_order" CHECK (purged_through >= 0 and purged_through <= last_pub_seq)
);
--> statement-breakpoint
DROP INDEX "outbox_due_idx";--> statement-breakpoint
CREATE INDEX "outbox_unpublished_idx" ON "outbox" USING btree ("id") WHERE pub_seq is null and class = 'event';--> statement-breakpoint
CREATE INDEX "outbox_due_idx" ON "outbox" USING btree ("next_attempt_at","id") WHERE published_at is null and class = 'signal';--> statement-breakpoint
-- The one row that counts what was published.
INSERT INTO "outbox_state" ("singleton") VALUES (true);
