// What stands for the editor of FEEL, which no cell here is: dmn-js would bring a whole code editor
// for it.  Cells are literals and comparisons, and are typed as plain text.
export default class NoEditor {}
export class EditorView {}
