// The drawing as a file: out as SVG, PNG or BPMN, and in from one.
import { button, make } from "./make.js";

const MOST_PIXELS = 8_000;

export function downloads(modeler, data, words) {
  const stem = data.name.replace(/\.bpmn$/, "");
  const more = make("details", { className: "editor-files" });
  const inside = make("div");
  more.append(make("summary", { text: words.file }), inside);
  inside.append(
    button(words.svg, async () => {
      const { svg } = await modeler.saveSVG();
      give(new Blob([svg], { type: "image/svg+xml" }), `${stem}.svg`);
    }),
    button(words.png, async () => give(await png(modeler), `${stem}.png`)),
    button("BPMN", async () => {
      const { xml } = await modeler.saveXML({ format: true });
      give(new Blob([xml], { type: "application/xml" }), data.name);
    }),
  );
  if (data.canChange) {
    const chosen = make("input", { type: "file", accept: ".bpmn,.xml", hidden: "" });
    chosen.addEventListener("change", async () => {
      const before = (await modeler.saveXML()).xml;
      try {
        await modeler.importXML(await chosen.files[0].text());
        modeler.get("canvas").zoom("fit-viewport", "auto");
        // it is a change like any other, though nothing of it can be undone one by one
        modeler.get("eventBus").fire("commandStack.changed", { trigger: "import" });
      } catch {
        await modeler.importXML(before);
        window.alert(words.notOpened);
      }
      chosen.value = "";
    });
    inside.append(button(words.open, () => chosen.click()), chosen);
  }
  return [more];
}

function give(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function png(modeler) {
  const { svg } = await modeler.saveSVG();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const scale = Math.min(2, MOST_PIXELS / Math.max(image.width, image.height));
  const canvas = make("canvas");
  canvas.width = image.width * scale;
  canvas.height = image.height * scale;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
