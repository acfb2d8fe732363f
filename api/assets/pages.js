// Comfort for pages that work without it: htmx swaps parts of them.
//
// Nothing here may be needed to do one's work, and nothing may write HTML of its own: what is
// swapped in comes from the server, escaped there.
import "htmx.org";
