// The rows of a table, drawn by dmn-js: one table, and of its tools those that fit what runs.
//
// Left out: the drawing of requirements, expressions in other languages, and the helpers that write
// FEEL into cells; hit policies other than UNIQUE and FIRST run wrongly elsewhere, and not here.
import EditingManager from "dmn-js-shared/lib/base/EditingManager";
import { is } from "dmn-js-shared/lib/util/ModelUtil";
import Editor from "dmn-js-decision-table/lib/Editor";
import Viewer from "dmn-js-decision-table/lib/Viewer";
import { HIT_POLICIES } from "dmn-js-decision-table/lib/features/hit-policy/HitPolicies";
import expressionLanguageModule from "dmn-js-decision-table/lib/features/expression-language";
import feelLanguageContextModule from "dmn-js-shared/lib/features/feel-language-context";
import simpleBooleanEditModule from "dmn-js-decision-table/lib/features/simple-boolean-edit";
import simpleDateEditModule from "dmn-js-decision-table/lib/features/simple-date-edit";
import simpleDateTimeEditModule from "dmn-js-decision-table/lib/features/simple-date-time-edit";
import simpleDurationEditModule from "dmn-js-decision-table/lib/features/simple-duration-edit";
import simpleModeModule from "dmn-js-decision-table/lib/features/simple-mode";
import simpleNumberEditModule from "dmn-js-decision-table/lib/features/simple-number-edit";
import simpleStringEditModule from "dmn-js-decision-table/lib/features/simple-string-edit";
import simpleTimeEditModule from "dmn-js-decision-table/lib/features/simple-time-edit";

const LEFT_OUT = new Set([
  expressionLanguageModule,
  feelLanguageContextModule,
  simpleBooleanEditModule,
  simpleDateEditModule,
  simpleDateTimeEditModule,
  simpleDurationEditModule,
  simpleModeModule,
  simpleNumberEditModule,
  simpleStringEditModule,
  simpleTimeEditModule,
]);
// lists of values that nothing here reads: what an input can be is known from forms
const NO_LISTS_OF_VALUES = {
  allowedValuesEditingProvider: ["value", {}],
  allowedValuesUpdateBehavior: ["value", {}],
};
const RUNS = new Set(["UNIQUE", "FIRST"]);

class TableEditor extends Editor {
  getModules() {
    return super.getModules().filter((one) => !LEFT_OUT.has(one));
  }
}

class Tables extends EditingManager {
  _getViewProviders() {
    return [
      {
        id: "decisionTable",
        constructor: this.options.canChange ? TableEditor : Viewer,
        opens: (element) =>
          is(element, "dmn:Decision") && is(element.decisionLogic, "dmn:DecisionTable"),
      },
    ];
  }

  _init(options) {
    this.options = options;
    super._init(options);
  }
}

export function tablesFor(container, { canChange }, words) {
  // what a file brings stays to be seen, and can be changed to what runs
  const brought = [...HIT_POLICIES];
  const tables = new Tables({
    container,
    canChange,
    height: "auto",
    common: {
      dataTypes: ["string", "boolean", "number"],
      expressionLanguages: {
        options: [{ value: "plain", label: "plain" }],
        defaults: { editor: "plain" },
      },
    },
    decisionTable: { additionalModules: [spokenIn(words.library), NO_LISTS_OF_VALUES] },
  });
  // a click into a list would move the focus to the page's main part, and close the list before
  container.addEventListener(
    "mousedown",
    (event) => event.target.closest(".dms-select-options") && event.preventDefault(),
    true,
  );
  if (!canChange) {
    speakKinds(container, words.library);
  }
  tables.on("import.parse.complete", ({ definitions }) => {
    const used = new Set(RUNS);
    for (const one of definitions?.drgElement ?? []) {
      used.add(one.decisionLogic?.hitPolicy);
    }
    const offered = brought.filter(({ value }) => used.has(value.hitPolicy));
    HIT_POLICIES.splice(0, HIT_POLICIES.length, ...offered);
  });
  return tables;
}

// What is only read names the kinds of values in the library's own English, whoever reads it.
function speakKinds(container, library) {
  const speak = () => {
    for (const kind of container.querySelectorAll(".input-variable, .output-variable")) {
      const said = library[kind.textContent];
      if (said && said !== kind.textContent) {
        kind.firstChild.nodeValue = said;
      }
    }
  };
  new MutationObserver(speak).observe(container, { childList: true, subtree: true });
}

function spokenIn(library) {
  const translate = (template, replacements = {}) =>
    (library[template] ?? template).replace(/{([^}]+)}/g, (_, key) => replacements[key] ?? `{${key}}`);
  return { translate: ["value", translate] };
}
