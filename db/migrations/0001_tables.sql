CREATE TABLE "audit_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"subject" text COLLATE "C" NOT NULL,
	"seq" integer DEFAULT 0 NOT NULL,
	"at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"principal" text NOT NULL,
	"action" text NOT NULL,
	"resource" text NOT NULL,
	"outcome" text COLLATE "C" NOT NULL,
	"code" text COLLATE "C",
	"source" text,
	"paths" text[] DEFAULT '{}' NOT NULL,
	"correlation_id" text NOT NULL,
	"details" jsonb DEFAULT '{}' NOT NULL,
	"prev_hash" char(64) DEFAULT '' NOT NULL,
	"hash" char(64) DEFAULT '' NOT NULL,
	CONSTRAINT "audit_log_position" UNIQUE("subject","seq"),
	CONSTRAINT "audit_log_outcome_known" CHECK ("audit_log"."outcome" in ('allowed', 'denied', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "registry_changes" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "registry_changes_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"epoch" integer NOT NULL,
	"txid" bigint DEFAULT (pg_current_xact_id()::text::bigint) NOT NULL,
	"op" text COLLATE "C" NOT NULL,
	"uuid" uuid NOT NULL,
	"revision" integer NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"namespace" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"version" text COLLATE "C" NOT NULL,
	"principal" text NOT NULL,
	"correlation_id" text NOT NULL,
	"at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "registry_changes_op_known" CHECK ("registry_changes"."op" in ('registered', 'updated', 'transitioned', 'removed', 'trust_changed'))
);
--> statement-breakpoint
CREATE TABLE "registry_meta" (
	"singleton" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"registry_id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"epoch" integer DEFAULT 1 NOT NULL,
	"data_version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "registry_meta_one_row" CHECK ("registry_meta"."singleton")
);
--> statement-breakpoint
CREATE TABLE "registry_requests" (
	"key" text NOT NULL,
	"principal" text NOT NULL,
	"request_hash" char(64) NOT NULL,
	"response" json NOT NULL,
	"at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "registry_requests_pkey" PRIMARY KEY("key","principal")
);
--> statement-breakpoint
CREATE TABLE "component_dependencies" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "component_dependencies_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"from_uuid" uuid NOT NULL,
	"ordinal" integer NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"target_uuid" uuid,
	"target_type" text COLLATE "C",
	"target_namespace" text COLLATE "C",
	"target_name" text COLLATE "C",
	"version_spec" text NOT NULL,
	"ranges" jsonb NOT NULL,
	"required" boolean NOT NULL,
	"external" boolean NOT NULL,
	"detail" jsonb NOT NULL,
	CONSTRAINT "component_dependencies_position" UNIQUE("from_uuid","kind","ordinal"),
	CONSTRAINT "component_dependencies_kind_known" CHECK ("component_dependencies"."kind" in ('depends_on', 'inherits_from', 'generated_by')),
	CONSTRAINT "component_dependencies_target_given" CHECK ("component_dependencies"."external" or "component_dependencies"."target_uuid" is not null or "component_dependencies"."target_name" is not null or "component_dependencies"."target_namespace" is not null)
);
--> statement-breakpoint
CREATE TABLE "component_revisions" (
	"uuid" uuid NOT NULL,
	"revision" integer NOT NULL,
	"op" text COLLATE "C" NOT NULL,
	"document" jsonb NOT NULL,
	"raw" jsonb NOT NULL,
	"fingerprint" char(64) NOT NULL,
	"patch" jsonb,
	"principal" text NOT NULL,
	"reason" text,
	"correlation_id" text NOT NULL,
	"at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "component_revisions_pkey" PRIMARY KEY("uuid","revision"),
	CONSTRAINT "component_revisions_op_known" CHECK ("component_revisions"."op" in ('registered', 'updated', 'transitioned', 'removed', 'trust_changed'))
);
--> statement-breakpoint
CREATE TABLE "components" (
	"uuid" uuid PRIMARY KEY NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"namespace" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"version" text COLLATE "C" NOT NULL,
	"version_key" text COLLATE "C" NOT NULL,
	"version_core" text COLLATE "C" NOT NULL,
	"is_prerelease" boolean NOT NULL,
	"lifecycle" text COLLATE "C" NOT NULL,
	"status" text COLLATE "C" NOT NULL,
	"trust_level" text COLLATE "C" DEFAULT 'unverified' NOT NULL,
	"quarantined" boolean DEFAULT false NOT NULL,
	"wip" boolean DEFAULT false NOT NULL,
	"idempotent" boolean NOT NULL,
	"tags" text[] NOT NULL,
	"provides" text[] NOT NULL,
	"capabilities_required" text[] NOT NULL,
	"profiles" text[] NOT NULL,
	"mode" text COLLATE "C",
	"author" text,
	"owner" text,
	"entrypoint_kind" text COLLATE "C",
	"source_kind" text COLLATE "C" NOT NULL,
	"source_ref" text NOT NULL,
	"search_text" text COLLATE "C" NOT NULL,
	"document" jsonb NOT NULL,
	"raw" jsonb NOT NULL,
	"fingerprint" char(64) NOT NULL,
	"fingerprint_algorithm" integer DEFAULT 1 NOT NULL,
	"revision" integer NOT NULL,
	"authored_at" timestamp(3) with time zone,
	"modified_at" timestamp(3) with time zone,
	"registered_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "components_lifecycle_known" CHECK ("components"."lifecycle" in ('draft', 'experimental', 'canary', 'active', 'deprecated', 'archived')),
	CONSTRAINT "components_status_known" CHECK ("components"."status" in ('active', 'inactive', 'pending_review')),
	CONSTRAINT "components_trust_known" CHECK ("components"."trust_level" in ('unverified', 'signed', 'verified')),
	CONSTRAINT "components_source_known" CHECK ("components"."source_kind" in ('file', 'package', 'remote', 'api')),
	CONSTRAINT "components_revision_positive" CHECK ("components"."revision" >= 1),
	CONSTRAINT "components_fingerprint_hex" CHECK ("components"."fingerprint" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "components_deprecated_has_replacement" CHECK ("components"."lifecycle" <> 'deprecated' or "components"."document" ->> 'deprecated_by' is not null),
	CONSTRAINT "components_archived_has_reason" CHECK ("components"."lifecycle" <> 'archived' or "components"."document" ->> 'archived_reason' is not null),
	CONSTRAINT "components_document_agrees" CHECK ("components"."document" ->> 'uuid' = "components"."uuid"::text and "components"."document" ->> 'lifecycle' = "components"."lifecycle")
);
--> statement-breakpoint
CREATE TABLE "component_liveness" (
	"component" text NOT NULL,
	"instance" text NOT NULL,
	"up_since" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "component_liveness_component_instance_pk" PRIMARY KEY("component","instance")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"class" text NOT NULL,
	"topic" text NOT NULL,
	"type" text NOT NULL,
	"event_id" uuid DEFAULT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"domain" text,
	"seq" bigint,
	"payload" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_error" text,
	"pub_seq" bigint,
	"published_at" timestamp with time zone,
	CONSTRAINT "outbox_event_id_unique" UNIQUE("event_id"),
	CONSTRAINT "outbox_pub_seq_unique" UNIQUE("pub_seq"),
	CONSTRAINT "outbox_class_check" CHECK (class in ('event', 'signal'))
);
--> statement-breakpoint
CREATE TABLE "stage_plans" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"plan_hash" text NOT NULL,
	"plan" json NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stage_reports" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"report" json NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stage_results" (
	"run_id" uuid NOT NULL,
	"step_id" text NOT NULL,
	"component_uuid" uuid NOT NULL,
	"status" text NOT NULL,
	"result" json NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stage_results_run_id_step_id_component_uuid_pk" PRIMARY KEY("run_id","step_id","component_uuid"),
	CONSTRAINT "stage_results_status_check" CHECK (status in ('pass', 'fail', 'warn', 'skip', 'error'))
);
--> statement-breakpoint
CREATE TABLE "stage_runs" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"stage" text NOT NULL,
	"workflow_id" text NOT NULL,
	"epoch" integer NOT NULL,
	"version" integer NOT NULL,
	"state" text NOT NULL,
	"verdict" text,
	"exit_code" smallint,
	"correlation_id" text NOT NULL,
	"host_id" text NOT NULL,
	"principal" text NOT NULL,
	"repo_id" text NOT NULL,
	"repo" text NOT NULL,
	"branch" text,
	"started_at" timestamp with time zone NOT NULL,
	"completed_at" timestamp with time zone,
	"execution_time_ms" bigint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deadline_at" timestamp with time zone NOT NULL,
	CONSTRAINT "stage_runs_stage_check" CHECK (stage in ('pre-commit', 'ci', 'test', 'exec')),
	CONSTRAINT "stage_runs_state_check" CHECK (state in ('planning', 'running', 'cancelling', 'completed', 'cancelled', 'timed_out', 'errored')),
	CONSTRAINT "stage_runs_verdict_check" CHECK (verdict in ('pass', 'fail', 'warn', 'skip', 'error'))
);
--> statement-breakpoint
CREATE TABLE "stage_transitions" (
	"run_id" uuid NOT NULL,
	"epoch" integer NOT NULL,
	"version" integer NOT NULL,
	"from_state" text,
	"to_state" text NOT NULL,
	"reason" text,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stage_transitions_run_id_epoch_version_pk" PRIMARY KEY("run_id","epoch","version")
);
--> statement-breakpoint
ALTER TABLE "component_dependencies" ADD CONSTRAINT "component_dependencies_from_uuid_components_uuid_fk" FOREIGN KEY ("from_uuid") REFERENCES "public"."components"("uuid") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_log_at" ON "audit_log" USING btree ("at");--> statement-breakpoint
CREATE INDEX "audit_log_principal" ON "audit_log" USING btree ("principal","at");--> statement-breakpoint
CREATE INDEX "registry_changes_order" ON "registry_changes" USING btree ("epoch","txid","seq");--> statement-breakpoint
CREATE INDEX "registry_requests_at" ON "registry_requests" USING btree ("at");--> statement-breakpoint
CREATE INDEX "component_dependencies_target_uuid" ON "component_dependencies" USING btree ("target_uuid");--> statement-breakpoint
CREATE INDEX "component_dependencies_target_name" ON "component_dependencies" USING btree ("target_name","target_namespace","target_type");--> statement-breakpoint
CREATE INDEX "component_revisions_at" ON "component_revisions" USING btree ("at");--> statement-breakpoint
CREATE UNIQUE INDEX "components_coordinates" ON "components" USING btree ("type","namespace","name","version_key");--> statement-breakpoint
CREATE INDEX "components_name" ON "components" USING btree ("name","version_key" DESC NULLS FIRST,"uuid");--> statement-breakpoint
CREATE INDEX "components_path" ON "components" USING btree (("namespace" || '.' || "name"));--> statement-breakpoint
CREATE INDEX "components_namespace" ON "components" USING btree ("namespace");--> statement-breakpoint
CREATE INDEX "components_lifecycle" ON "components" USING btree ("lifecycle","name","version_key" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "components_updated_at" ON "components" USING btree ("updated_at","uuid");--> statement-breakpoint
CREATE INDEX "components_tags" ON "components" USING gin ("tags");--> statement-breakpoint
CREATE INDEX "components_provides" ON "components" USING gin ("provides");--> statement-breakpoint
CREATE INDEX "components_capabilities" ON "components" USING gin ("capabilities_required");--> statement-breakpoint
CREATE INDEX "components_search_text" ON "components" USING gin ("search_text" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "components_document" ON "components" USING gin ("document" jsonb_path_ops);--> statement-breakpoint
CREATE INDEX "outbox_due_idx" ON "outbox" USING btree ("next_attempt_at","id") WHERE published_at is null;--> statement-breakpoint
CREATE INDEX "outbox_subject_idx" ON "outbox" USING btree ("subject_kind","subject_id","id");--> statement-breakpoint
CREATE INDEX "stage_runs_created_at_idx" ON "stage_runs" USING btree ("created_at","run_id");--> statement-breakpoint
CREATE INDEX "stage_runs_repo_stage_created_at_idx" ON "stage_runs" USING btree ("repo_id","stage","created_at");--> statement-breakpoint
CREATE INDEX "stage_runs_stage_created_at_idx" ON "stage_runs" USING btree ("stage","created_at");--> statement-breakpoint
CREATE INDEX "stage_runs_unfinished_deadline_idx" ON "stage_runs" USING btree ("deadline_at") WHERE state in ('planning', 'running', 'cancelling');