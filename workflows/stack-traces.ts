/**
 * How much of a stack the sandbox keeps. The SDK takes one for every promise, for the call-stack view of the Web UI; with
 * ten frames that was a fifth of the processor time of a registration's workflow, and errors are found with four.
 */
Error.stackTraceLimit = 4;
