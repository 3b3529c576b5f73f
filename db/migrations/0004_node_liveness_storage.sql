-- A beat updates no indexed column; with half of each page free the new version of a row finds room beside the old one
-- (heap-only update), and reading prunes the old ones away. Drizzle cannot say this.
ALTER TABLE "node_liveness" SET (fillfactor = 50);
