CREATE TYPE "public"."registration_state" AS ENUM('pending_registration', 'accepted', 'awaiting_ack', 'rejected', 'ack_timed_out', 'ack_received', 'active', 'liveness_expired');--> statement-breakpoint
CREATE TABLE "incidents" (
	"id" uuid PRIMARY KEY DEFAULT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid NOT NULL,
	"kind" text NOT NULL,
	"opened_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"closed_at" timestamp(3) with time zone,
	"monitored_count" integer NOT NULL,
	"affected_count" integer NOT NULL,
	"sample" text[] DEFAULT '{}'::text[] NOT NULL,
	CONSTRAINT "incidents_sample_small" CHECK (cardinality(sample) <= 20)
);
--> statement-breakpoint
CREATE TABLE "node_liveness" (
	"entity_id" uuid NOT NULL,
	"domain" varchar(128) COLLATE "C" DEFAULT 'registration' NOT NULL,
	"epoch" bigint NOT NULL,
	"attempt_id" uuid,
	"state" "registration_state" NOT NULL,
	"state_entered_at" timestamp(3) with time zone NOT NULL,
	"path" text DEFAULT 'gateway' NOT NULL,
	"interval_ms" integer NOT NULL,
	"window_ms" integer NOT NULL,
	"last_heartbeat_at" timestamp(3) with time zone,
	"beats_since_active" integer DEFAULT 0 NOT NULL,
	"reported_status" text,
	"pending_status_beats" smallint DEFAULT 0 NOT NULL,
	"uptime_seconds" double precision,
	"active_operations_count" integer,
	"memory_usage_mb" real,
	"cpu_usage_percent" real,
	"node_version" varchar(64),
	"node_sequence" bigint,
	"node_clock_at" timestamp(3) with time zone,
	"ack_command_id" uuid,
	"ack_received_at" timestamp(3) with time zone,
	"last_poked_at" timestamp(3) with time zone,
	"introspection_requested_at" timestamp(3) with time zone,
	CONSTRAINT "node_liveness_pkey" PRIMARY KEY("entity_id","domain")
);
--> statement-breakpoint
CREATE TABLE "registration_projections" (
	"entity_id" uuid NOT NULL,
	"domain" varchar(128) COLLATE "C" DEFAULT 'registration' NOT NULL,
	"current_state" "registration_state" NOT NULL,
	"state_entered_at" timestamp(3) with time zone NOT NULL,
	"node_type" varchar(64) NOT NULL,
	"node_version" varchar(64) DEFAULT '1.0.0' NOT NULL,
	"node_name" text,
	"component_id" uuid,
	"component_ref" text,
	"instance_id" varchar(128),
	"capabilities" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"capability_sources" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"contract_type" text,
	"contract_version" text,
	"intent_types" text[] DEFAULT '{}'::text[] NOT NULL,
	"protocols" text[] DEFAULT '{}'::text[] NOT NULL,
	"capability_tags" text[] DEFAULT '{}'::text[] NOT NULL,
	"subscribe_topics" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"publish_topics" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"endpoints" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"feature_flags" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"performance_metrics" jsonb,
	"facts_hash" char(64),
	"policy_revision" text,
	"path" text DEFAULT 'gateway' NOT NULL,
	"epoch" bigint DEFAULT 0 NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL,
	"attempt_id" uuid,
	"attempt_number" integer DEFAULT 0 NOT NULL,
	"attempt_started_at" timestamp(3) with time zone,
	"next_retry_at" timestamp(3) with time zone,
	"ack_deadline" timestamp(3) with time zone,
	"liveness_deadline" timestamp(3) with time zone,
	"last_heartbeat_at" timestamp(3) with time zone,
	"ack_timeout_emitted_at" timestamp(3) with time zone,
	"liveness_timeout_emitted_at" timestamp(3) with time zone,
	"reported_status" text,
	"reason_code" text,
	"rejection_reason" text,
	"expiry_reason" text,
	"flap_count" integer DEFAULT 0 NOT NULL,
	"flap_period_started_at" timestamp(3) with time zone,
	"flapping_until" timestamp(3) with time zone,
	"ordering_mode" text DEFAULT 'workflow' NOT NULL,
	"last_applied_event_id" uuid NOT NULL,
	"last_applied_sequence" bigint,
	"last_applied_offset" bigint DEFAULT 0 NOT NULL,
	"last_applied_partition" varchar(128),
	"correlation_id" uuid,
	"data_provenance" text DEFAULT 'unknown' NOT NULL,
	"registered_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "registration_projections_pkey" PRIMARY KEY("entity_id","domain"),
	CONSTRAINT "registration_projections_domain_given" CHECK (length(domain) >= 1),
	CONSTRAINT "registration_projections_node_type_known" CHECK (node_type in ('effect', 'compute', 'reducer', 'orchestrator')),
	CONSTRAINT "registration_projections_contract_type_known" CHECK (contract_type in ('effect', 'compute', 'reducer', 'orchestrator', 'unknown')),
	CONSTRAINT "registration_projections_path_known" CHECK (path in ('gateway', 'signal')),
	CONSTRAINT "registration_projections_epoch_not_negative" CHECK (epoch >= 0),
	CONSTRAINT "registration_projections_version_not_negative" CHECK (version >= 0),
	CONSTRAINT "registration_projections_sequence_not_negative" CHECK (last_applied_sequence >= 0),
	CONSTRAINT "registration_projections_offset_not_negative" CHECK (last_applied_offset >= 0),
	CONSTRAINT "registration_projections_reported_status_known" CHECK (reported_status in ('healthy', 'degraded', 'unhealthy')),
	CONSTRAINT "registration_projections_rejection_reason_length" CHECK (length(rejection_reason) between 1 and 1024),
	CONSTRAINT "registration_projections_expiry_reason_known" CHECK (expiry_reason in ('missed_heartbeats', 'deregistered', 'operator')),
	CONSTRAINT "registration_projections_ordering_mode_known" CHECK (ordering_mode in ('workflow', 'sequence', 'offset')),
	CONSTRAINT "registration_projections_provenance_known" CHECK (data_provenance in ('demo', 'imported', 'measured', 'estimated', 'unknown')),
	CONSTRAINT "registration_projections_ack_is_watched" CHECK (ordering_mode <> 'workflow' or current_state not in ('accepted', 'awaiting_ack') or ack_deadline is not null),
	CONSTRAINT "registration_projections_liveness_is_watched" CHECK (ordering_mode <> 'workflow' or current_state <> 'active' or liveness_deadline is not null),
	CONSTRAINT "registration_projections_ack_timeout_is_marked" CHECK (ordering_mode <> 'workflow' or current_state <> 'ack_timed_out' or ack_timeout_emitted_at is not null),
	CONSTRAINT "registration_projections_expiry_is_marked" CHECK (ordering_mode <> 'workflow' or current_state <> 'liveness_expired' or (liveness_timeout_emitted_at is not null and expiry_reason is not null)),
	CONSTRAINT "registration_projections_rejection_has_reason" CHECK (ordering_mode <> 'workflow' or current_state <> 'rejected' or rejection_reason is not null)
);
--> statement-breakpoint
CREATE TABLE "registration_transitions" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"entity_id" uuid NOT NULL,
	"domain" varchar(128) COLLATE "C" NOT NULL,
	"epoch" bigint,
	"version" bigint,
	"kind" text NOT NULL,
	"from_state" "registration_state",
	"to_state" "registration_state" NOT NULL,
	"event_id" uuid NOT NULL,
	"cause_id" uuid,
	"correlation_id" uuid,
	"attempt_id" uuid,
	"actor" text,
	"reason_code" text,
	"deadline_at" timestamp(3) with time zone,
	"occurred_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "registration_transitions_event" UNIQUE("entity_id","domain","event_id"),
	CONSTRAINT "registration_transitions_order" UNIQUE("entity_id","domain","epoch","version"),
	CONSTRAINT "registration_transitions_kind_known" CHECK (kind in ('epoch_start', 'edge', 'retry', 'refresh', 'import')),
	CONSTRAINT "registration_transitions_is_ordered" CHECK (case kind when 'import' then epoch is null and version is null else epoch >= 1 and version >= 1 and epoch is not null and version is not null end),
	CONSTRAINT "registration_transitions_pair_legal" CHECK (case kind
        when 'epoch_start' then to_state = 'pending_registration'
        when 'edge' then from_state is not null and (from_state, to_state) in (
          ('pending_registration', 'accepted'),
          ('pending_registration', 'rejected'),
          ('accepted', 'awaiting_ack'),
          ('awaiting_ack', 'ack_received'),
          ('awaiting_ack', 'ack_timed_out'),
          ('ack_received', 'active'),
          ('active', 'liveness_expired'))
        when 'retry' then from_state is not null and from_state = 'ack_timed_out' and to_state = 'pending_registration'
        when 'refresh' then from_state is not null and from_state = to_state and to_state not in ('rejected', 'liveness_expired')
        else true end)
);
--> statement-breakpoint
CREATE TABLE "node_selection_cursors" (
	"key" text PRIMARY KEY NOT NULL,
	"last_entity_id" uuid NOT NULL,
	"last_domain" varchar(128) COLLATE "C" NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_one_open" ON "incidents" USING btree ("kind") WHERE closed_at is null;--> statement-breakpoint
CREATE INDEX "idx_registration_ack_deadline" ON "registration_projections" USING btree ("ack_deadline") WHERE ack_deadline is not null;--> statement-breakpoint
CREATE INDEX "idx_registration_liveness_deadline" ON "registration_projections" USING btree ("liveness_deadline") WHERE liveness_deadline is not null;--> statement-breakpoint
CREATE INDEX "idx_registration_current_state" ON "registration_projections" USING btree ("current_state");--> statement-breakpoint
CREATE INDEX "idx_registration_domain_state" ON "registration_projections" USING btree ("domain","current_state");--> statement-breakpoint
CREATE INDEX "idx_registration_last_event_id" ON "registration_projections" USING btree ("last_applied_event_id");--> statement-breakpoint
CREATE INDEX "idx_registration_capabilities" ON "registration_projections" USING gin ("capabilities");--> statement-breakpoint
CREATE INDEX "idx_registration_ack_timeout_scan" ON "registration_projections" USING btree ("ack_deadline","ack_timeout_emitted_at") WHERE ack_deadline is not null and ack_timeout_emitted_at is null;--> statement-breakpoint
CREATE INDEX "idx_registration_liveness_timeout_scan" ON "registration_projections" USING btree ("current_state","liveness_deadline","liveness_timeout_emitted_at") WHERE current_state = 'active' and liveness_deadline is not null and liveness_timeout_emitted_at is null;--> statement-breakpoint
CREATE INDEX "idx_registration_updated_at" ON "registration_projections" USING btree ("updated_at" DESC NULLS FIRST,"entity_id");--> statement-breakpoint
CREATE INDEX "idx_registration_state_updated_at" ON "registration_projections" USING btree ("current_state","updated_at" DESC NULLS FIRST,"entity_id");--> statement-breakpoint
CREATE INDEX "idx_registration_contract_type_state" ON "registration_projections" USING btree ("contract_type","current_state");--> statement-breakpoint
CREATE INDEX "idx_registration_capability_tags" ON "registration_projections" USING gin ("capability_tags");--> statement-breakpoint
CREATE INDEX "idx_registration_intent_types" ON "registration_projections" USING gin ("intent_types");--> statement-breakpoint
CREATE INDEX "idx_registration_protocols" ON "registration_projections" USING gin ("protocols");--> statement-breakpoint
CREATE INDEX "idx_registration_projections_subscribe_topics" ON "registration_projections" USING gin ("subscribe_topics");--> statement-breakpoint
CREATE INDEX "idx_registration_projections_publish_topics" ON "registration_projections" USING gin ("publish_topics");--> statement-breakpoint
CREATE UNIQUE INDEX "registration_transitions_cause" ON "registration_transitions" USING btree ("entity_id","domain","cause_id","to_state") WHERE kind <> 'import';--> statement-breakpoint
CREATE INDEX "registration_transitions_history" ON "registration_transitions" USING btree ("entity_id","domain","id" DESC NULLS FIRST);