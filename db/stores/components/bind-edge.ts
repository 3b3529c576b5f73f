/**
 * SQL that tells which component an edge means (registry.md 2.6, 5.6): by uuid exactly that record, by reference the
 * highest version its range accepts. The same rules as `domain/versions`, on the intervals stored with the edge.
 */

/** Lifecycles and status a reference may bind to; draft and experimental come only by exact version or uuid. */
const eligible = "('canary', 'active', 'deprecated')";

/** Whether the version of component `c` lies in the intervals of the jsonb expression `ranges`. */
export function acceptsVersion(ranges: string, c: string): string {
  return `EXISTS (
    SELECT 1 FROM jsonb_to_recordset(${ranges})
           AS r(lo text, lo_inclusive boolean, hi text, hi_inclusive boolean, prerelease_cores jsonb)
     WHERE (r.lo IS NULL OR ${c}.version_key > r.lo OR (r.lo_inclusive AND ${c}.version_key = r.lo))
       AND (r.hi IS NULL OR ${c}.version_key < r.hi OR (r.hi_inclusive AND ${c}.version_key = r.hi))
       AND (NOT ${c}.is_prerelease OR r.prerelease_cores = '"any"' OR r.prerelease_cores ? ${c}.version_core))`;
}

/** Whether component `c` may be what edge `e` names, whatever its version. Written so that indexes serve each way. */
export function namesComponent(e: string, c: string): string {
  return `(${e}.target_uuid = ${c}.uuid
    OR (${e}.target_uuid IS NULL
        AND (${e}.target_type IS NULL OR ${e}.target_type = ${c}.type)
        AND CASE WHEN ${e}.target_namespace IS NOT NULL
                 THEN ${e}.target_namespace = ${c}.namespace AND ${e}.target_name = ${c}.name
                 ELSE ${e}.target_name IN (${c}.namespace || '.' || ${c}.name, ${c}.name, ${c}.namespace) END))`;
}

/** Whether component `c` is one that edge `e` accepts: named by it, its version in range, and open to resolution. */
export function acceptsComponent(e: string, c: string): string {
  return `(NOT ${e}.external AND ${namesComponent(e, c)} AND ${acceptsVersion(`${e}.ranges`, c)}
    AND (${e}.target_uuid IS NOT NULL OR ${openToResolution(e, c)}))`;
}

/** An exact version (one interval of one key) may also be a draft or experimental one. */
export function openToResolution(e: string, c: string): string {
  return `(${c}.status = 'active' AND NOT ${c}.quarantined AND (${c}.lifecycle IN ${eligible}
    OR (${c}.lifecycle <> 'archived' AND ${e}.ranges #>> '{0,lo}' = ${e}.ranges #>> '{0,hi}' AND jsonb_array_length(${e}.ranges) = 1)))`;
}
