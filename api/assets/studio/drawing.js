// The drawing itself: bpmn-js with what runs here and nothing else on offer.
//
// A newcomer would hide entries with CSS: they would still be reached by keyboard.
import minimap from "diagram-js-minimap";
import Modeler from "bpmn-js/lib/Modeler";
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import SearchModule from "bpmn-js/lib/features/search";

const REPLACEABLE = new Set(
  [
    "task user-task rule-task script-task call-activity",
    "none-start none-end terminate-end",
    "message-intermediate-catch timer-intermediate-catch",
    "exclusive-gateway parallel-gateway inclusive-gateway event-based-gateway",
    "message-boundary timer-boundary",
    "non-interrupting-message-boundary non-interrupting-timer-boundary",
    "sequence-flow default-flow",
  ]
    .join(" ")
    .split(" ")
    .map((one) => `replace-with-${one}`),
);
const KEPT_IN_PAD = /^(delete|connect|replace|lane-|text-annotation)/;

export function drawingFor(container, data, words) {
  // The engine's own extension elements are described to nobody: what is not described is kept as
  // it is, whoever wrote it.
  const options = { container };
  if (!data.canChange) {
    const modules = [SearchModule, minimap, stack, speaking(words)];
    return new NavigatedViewer({ ...options, additionalModules: modules });
  }
  return new Modeler({
    ...options,
    // the wheel scrolls the page until the drawing has the focus
    additionalModules: [minimap, offering(words), naming, speaking(words)],
  });
}

// A viewer changes nothing, and says so to whoever asks what can be undone.
const stack = {
  commandStack: ["value", { canUndo: () => false, canRedo: () => false }],
};

// What the library says by itself, in the reader's language where it is known.
function speaking({ library }) {
  const translate = (sentence, given = {}) =>
    (library[sentence] ?? sentence).replace(/{([^}]+)}/g, (_, name) => given[name] ?? `{${name}}`);
  return { translate: ["value", translate] };
}

function offering(words) {
  const kinds = {
    "user-task": ["bpmn:UserTask", "bpmn-icon-user-task", words.userTask],
    exclusive: ["bpmn:ExclusiveGateway", "bpmn-icon-gateway-xor", words.exclusive],
    parallel: ["bpmn:ParallelGateway", "bpmn-icon-gateway-parallel", words.parallel],
    timer: [
      "bpmn:IntermediateCatchEvent",
      "bpmn-icon-intermediate-event-catch-timer",
      words.timerEvent,
      { eventDefinitionType: "bpmn:TimerEventDefinition" },
    ],
    message: [
      "bpmn:IntermediateCatchEvent",
      "bpmn-icon-intermediate-event-catch-message",
      words.messageEvent,
      { eventDefinitionType: "bpmn:MessageEventDefinition" },
    ],
    rule: ["bpmn:BusinessRuleTask", "bpmn-icon-business-rule-task", words.rule],
    call: ["bpmn:CallActivity", "bpmn-icon-call-activity", words.call],
    task: ["bpmn:Task", "bpmn-icon-task", words.task],
    end: ["bpmn:EndEvent", "bpmn-icon-end-event-none", words.end],
  };

  class Palette {
    static $inject = ["palette", "create", "elementFactory", "handTool", "lassoTool", "spaceTool", "globalConnect"];

    constructor(palette, create, elementFactory, hand, lasso, space, connect) {
      Object.assign(this, { create, elementFactory, hand, lasso, space, connect });
      palette.registerProvider(400, this);
    }

    getPaletteEntries() {
      const tool = (className, title, click) => ({ group: "tools", className, title, action: { click } });
      const entries = {
        "hand-tool": tool("bpmn-icon-hand-tool", words.hand, (event) => this.hand.activateHand(event)),
        "lasso-tool": tool("bpmn-icon-lasso-tool", words.lasso, (event) => this.lasso.activateSelection(event)),
        "space-tool": tool("bpmn-icon-space-tool", words.space, (event) => this.space.activateSelection(event)),
        "connect-tool": tool("bpmn-icon-connection-multi", words.connect, (event) => this.connect.start(event)),
        "tool-separator": { group: "tools", separator: true },
      };
      const offered = {
        start: ["bpmn:StartEvent", "bpmn-icon-start-event-none", words.start],
        ...kinds,
      };
      for (const [name, [type, className, title, more]] of Object.entries(offered)) {
        const begin = (event) => this.create.start(event, this.elementFactory.createShape({ type, ...more }));
        entries[`create.${name}`] = { group: "create", className, title, action: { dragstart: begin, click: begin } };
      }
      const pool = (event) => this.create.start(event, this.elementFactory.createParticipantShape());
      entries["create.pool"] = {
        group: "create",
        className: "bpmn-icon-participant",
        title: words.pool,
        action: { dragstart: pool, click: pool },
      };
      return () => entries;
    }
  }

  class Pad {
    static $inject = ["contextPad", "elementFactory", "autoPlace", "create"];

    constructor(contextPad, elementFactory, autoPlace, create) {
      Object.assign(this, { elementFactory, autoPlace, create });
      contextPad.registerProvider(400, this);
    }

    getContextPadEntries() {
      return (entries) => {
        const kept = Object.fromEntries(
          Object.entries(entries).filter(([name]) => KEPT_IN_PAD.test(name)),
        );
        if (!Object.keys(entries).some((name) => name.startsWith("append."))) {
          return kept;
        }
        const next = Object.entries(kinds).filter(([name]) => !["rule", "call", "task"].includes(name));
        for (const [name, [type, className, title, more]] of next) {
          const shape = () => this.elementFactory.createShape({ type, ...more });
          kept[`append.${name}`] = {
            group: "model",
            className,
            title,
            action: {
              click: (_event, source) => this.autoPlace.append(source, shape()),
              dragstart: (event, source) => this.create.start(event, shape(), { source }),
            },
          };
        }
        return kept;
      };
    }

    getMultiElementContextPadEntries() {
      return (entries) => entries;
    }
  }

  class Replacing {
    static $inject = ["popupMenu"];

    constructor(popupMenu) {
      popupMenu.registerProvider("bpmn-replace", 400, this);
    }

    getPopupMenuEntries() {
      return (entries) =>
        Object.fromEntries(Object.entries(entries).filter(([name]) => REPLACEABLE.has(name)));
    }

    getPopupMenuHeaderEntries() {
      // loops, instances and the like do not run here
      return () => ({});
    }
  }

  return {
    __init__: ["ourPalette", "ourPad", "ourReplacing"],
    ourPalette: ["type", Palette],
    ourPad: ["type", Pad],
    ourReplacing: ["type", Replacing],
  };
}

// An element is called by its name in conditions, files and histories: whoever names one that was
// drawn just now names its id too.
const MADE = /^(Activity|Event|Gateway|Flow|StateMachine|Participant|Lane|Process)_[0-9a-z]{5,}$/;

class Naming {
  static $inject = ["eventBus", "modeling", "moddle"];

  constructor(eventBus, modeling, moddle) {
    eventBus.on(
      ["commandStack.element.updateLabel.postExecuted", "commandStack.element.updateProperties.postExecuted"],
      ({ context }) => {
        const element = context.element.labelTarget ?? context.element;
        const { id, name } = element.businessObject ?? {};
        if (!name || !MADE.test(id) || element.type === "bpmn:Lane") {
          return;
        }
        const called = identifier(name);
        if (called) {
          modeling.updateProperties(element, { id: free(moddle.ids, called) });
        }
      },
    );
  }
}

// “Ask the bank” is `ask_the_bank`.
export function identifier(name) {
  const words = name.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  return words
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[_0-9]+|_+$/g, "")
    .slice(0, 60);
}

function free(ids, wanted) {
  let called = wanted;
  for (let number = 2; ids.assigned(called); number += 1) {
    called = `${wanted}_${number}`;
  }
  return called;
}

const naming = { __init__: ["naming"], naming: ["type", Naming] };
