/**
 * Draws points with WebGL 2. Libraries such as regl, and regl-scatterplot built on it, compile their calls with
 * `new Function`, which the page's policy forbids; points alone need no more than this file.
 */

const VERTEX = `#version 300 es
in vec2 place;
in vec4 colour;
uniform vec4 camera; // scale x, scale y, shift x, shift y
uniform float size;
uniform float strength;
out vec4 shade;
void main() {
  gl_Position = vec4(place * camera.xy + camera.zw, 0.0, 1.0);
  gl_PointSize = size * (colour.a > 0.99 ? 1.8 : 1.0);
  shade = vec4(colour.rgb, colour.a * strength);
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 shade;
out vec4 result;
void main() {
  float away = length(gl_PointCoord - 0.5);
  float alpha = shade.a * (1.0 - smoothstep(0.42, 0.5, away));
  result = vec4(shade.rgb * alpha, alpha);
}`;

/** Opacity of the other points while some are highlighted. */
const OTHERS = 0.22;

/** @param {WebGL2RenderingContext} gl @param {number} kind @param {string} source */
function shader(gl, kind, source) {
  const made = /** @type {WebGLShader} */ (gl.createShader(kind));
  gl.shaderSource(made, source);
  gl.compileShader(made);
  return made;
}

/** Points on a canvas. */
export class Points {
  /** @param {HTMLCanvasElement} canvas @param {Float32Array<ArrayBuffer>} places x and y of each, in [-1, 1] */
  constructor(canvas, places) {
    const gl = canvas.getContext('webgl2', { antialias: false, premultipliedAlpha: true, preserveDrawingBuffer: true });
    if (!gl) throw new Error('This browser has no WebGL 2: the map cannot be drawn.');
    /** @type {WebGL2RenderingContext} */
    this.gl = gl;
    this.canvas = canvas;
    this.n = places.length / 2;
    const program = /** @type {WebGLProgram} */ (gl.createProgram());
    gl.attachShader(program, shader(gl, gl.VERTEX_SHADER, VERTEX));
    gl.attachShader(program, shader(gl, gl.FRAGMENT_SHADER, FRAGMENT));
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error('The map cannot be drawn with this graphics driver.');
    gl.useProgram(program);
    this.camera = gl.getUniformLocation(program, 'camera');
    this.size = gl.getUniformLocation(program, 'size');
    this.strength = gl.getUniformLocation(program, 'strength');
    this.marked = gl.createBuffer();
    this.nMarked = 0;
    this.selected = gl.createBuffer();
    this.nSelected = 0;
    this.#attribute(program, 'place', places, 2, gl.FLOAT, false);
    this.colours = this.#attribute(program, 'colour', new Uint8Array(4 * this.n), 4, gl.UNSIGNED_BYTE, true);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  /**
   * @param {WebGLProgram} program @param {string} name @param {ArrayBufferView<ArrayBuffer>} values
   * @param {number} parts @param {number} kind @param {boolean} normalised
   */
  #attribute(program, name, values, parts, kind, normalised) {
    /** @type {WebGL2RenderingContext} */
    const gl = this.gl;
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
    const at = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, parts, kind, normalised, 0, 0);
    return buffer;
  }

  /** Sets the colours. @param {Uint8Array<ArrayBuffer>} colours red, green, blue and opacity of each */
  paint(colours) {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.colours);
    this.gl.bufferSubData(this.gl.ARRAY_BUFFER, 0, colours);
  }

  /** Highlights some points and fades the others; none to show all alike. @param {Uint32Array<ArrayBuffer>} indices */
  mark(indices) {
    this.nMarked = indices.length;
    this.gl.bindBuffer(this.gl.ELEMENT_ARRAY_BUFFER, this.marked);
    this.gl.bufferData(this.gl.ELEMENT_ARRAY_BUFFER, indices, this.gl.DYNAMIC_DRAW);
  }

  /** Draws some points over the others. @param {Uint32Array<ArrayBuffer>} indices */
  select(indices) {
    this.nSelected = indices.length;
    this.gl.bindBuffer(this.gl.ELEMENT_ARRAY_BUFFER, this.selected);
    this.gl.bufferData(this.gl.ELEMENT_ARRAY_BUFFER, indices, this.gl.DYNAMIC_DRAW);
  }

  /** @param {{x: number, y: number, scale: number}} view centre and scale @param {number} sizePx size of a point */
  draw(view, sizePx) {
    const canvas = this.canvas;
    /** @type {WebGL2RenderingContext} */
    const gl = this.gl;
    const wide = canvas.width / canvas.height;
    const sx = view.scale / Math.max(1, wide), sy = view.scale * Math.min(1, wide);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform4f(this.camera, sx, sy, -view.x * sx, -view.y * sy);
    gl.uniform1f(this.size, sizePx);
    gl.uniform1f(this.strength, this.nMarked ? OTHERS : 1);
    gl.drawArrays(gl.POINTS, 0, this.n);
    this.#over(this.selected, this.nSelected, sizePx * 1.2);
    this.#over(this.marked, this.nMarked, sizePx * 1.4);
  }

  /** Draws some points once more, over all others. @param {WebGLBuffer} indices @param {number} n @param {number} sizePx */
  #over(indices, n, sizePx) {
    /** @type {WebGL2RenderingContext} */
    const gl = this.gl;
    if (!n) return;
    gl.uniform1f(this.size, sizePx);
    gl.uniform1f(this.strength, 1);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, indices);
    gl.drawElements(gl.POINTS, n, gl.UNSIGNED_INT, 0);
  }

  /** Frees the graphics memory. */
  end() { this.gl.getExtension('WEBGL_lose_context')?.loseContext(); }
}
