// Comfort for pages that work without it: htmx swaps parts of them, and forms show only the
// questions that are asked.
//
// Nothing here may be needed to do one's work, and nothing may write HTML of its own: what is
// swapped in comes from the server, escaped there.
import "htmx.org";
import { askOnlyWhatIsAsked, keepDrafts, keepTyping, sendOnce } from "./asking.js";
import { listenForKeys } from "./shortcuts.js";

askOnlyWhatIsAsked(document);
keepDrafts();
keepTyping();
sendOnce();
listenForKeys();
