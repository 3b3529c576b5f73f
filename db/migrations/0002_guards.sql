-- The one row that identifies this registry.
INSERT INTO "registry_meta" ("singleton") VALUES (true);
--> statement-breakpoint
-- The text a row of the audit log is hashed from: a JSON array, so no two different rows give the same text. The
-- time is in microseconds since 1970, free of any time zone setting. `verifyAuditChain` builds the same text.
CREATE FUNCTION "audit_log_text"("row" "audit_log") RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_array(
    "row"."prev_hash", "row"."subject", "row"."seq", (extract(epoch FROM "row"."at") * 1000000)::bigint,
    "row"."principal", "row"."action", "row"."resource", "row"."outcome", "row"."code", "row"."source",
    "row"."paths", "row"."correlation_id", "row"."details")::text
$$;
--> statement-breakpoint
-- Numbers a new row within its subject and chains it to its predecessor. The advisory lock lets one writer per
-- subject through; it is held until the transaction ends, so the predecessor is final.
CREATE FUNCTION "audit_log_chain"() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  predecessor record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('omnibase.audit/' || NEW."subject", 0));
  SELECT "seq", "hash" INTO predecessor
    FROM "audit_log" WHERE "subject" = NEW."subject" ORDER BY "seq" DESC LIMIT 1;
  NEW."seq" := coalesce(predecessor."seq", 0) + 1;
  NEW."prev_hash" := coalesce(predecessor."hash", repeat('0', 64));
  NEW."hash" := encode(sha256(convert_to("audit_log_text"(NEW), 'UTF8')), 'hex');
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "audit_log_chain" BEFORE INSERT ON "audit_log"
  FOR EACH ROW EXECUTE FUNCTION "audit_log_chain"();
--> statement-breakpoint
CREATE FUNCTION "audit_log_refuse"() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_log is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER "audit_log_refuse_change" BEFORE UPDATE OR DELETE ON "audit_log"
  FOR EACH ROW EXECUTE FUNCTION "audit_log_refuse"();
--> statement-breakpoint
CREATE TRIGGER "audit_log_refuse_truncate" BEFORE TRUNCATE ON "audit_log"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_log_refuse"();
