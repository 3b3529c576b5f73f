/** Stands in for the database driver in a bundle that never connects. */
export default {};
