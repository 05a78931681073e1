/** Made from imagecluster/web/wire.py by `python tools/wire.py`; a check fails when it is out of date. */

/** What a similarity means: heights rise and sims fall from (0, 1) to the root, straight between the points. */
export interface Scale {
  name: string;
  heights: number[];
  sims: number[];
}

/** A run of the chain that is going on, or how the last one ended. */
export interface Run {
  running: boolean;
  stage: string;
  done: number;
  total: number;
  /** Why there is nothing to show, or nothing new; empty where all is well. */
  error: string;
}

/** What the page needs to know of a collection before anything else. */
export interface CollectionFacts {
  /** Key of the snapshot: a part of the addresses of all its data. */
  snapshot: string;
  n: number;
  largest_distance: number;
  scale: Scale;
  max_diameter: number | null;
  /** Whether the pictures are not clustered yet. */
  provisional: boolean;
  has_times: boolean;
}

/** How a copy of the page was made. */
export interface Copied {
  /** Seconds since 1970. */
  made_s: number;
  /** Commands that it does not have. */
  lacks: string[];
  /** What it shows first, as in the page's address behind '#'; empty for the page's defaults. */
  link: string;
}

/** GET /api/state: how things stand. */
export interface State extends CollectionFacts {
  root_name: string;
  /** Similarity at the start. */
  sim: number;
  min_size: number;
  read_only: boolean;
  can_reveal: boolean;
  can_search_text: boolean;
  run: Run;
  /** Names and reasons of files that cannot be read, where there is no picture at all. */
  skips: [string, string][];
  /** Of a copy of the page; None where there is a server. */
  copied: Copied | null;
}

/** The present snapshot. */
export interface SnapshotNews {
  snapshot: string;
  n: number;
}

/** The present version of the corrections. */
export interface EditsNews {
  version: number;
}

/** More average colours are known. */
export interface ColoursNews {
  snapshot: string;
  n_known: number;
}

/** There is another map; empty while there is none. */
export interface MapNews {
  snapshot?: string;
  method?: string;
}

/** GET /api/events: the data of each kind of event. */
export interface News {
  run?: Run;
  edits?: EditsNews;
  snapshot?: SnapshotNews;
  colours?: ColoursNews;
  map?: MapNews;
}

/** GET names.json: path inside the collection and bytes of each picture of a range of ids. */
export type Names = [string, number][];

/** GET named: pictures whose path holds every word of a text. */
export interface Named {
  ids: number[];
}

/** A picture near to what was asked for. */
export interface Neighbour {
  id: number;
  /** Cosine distance. */
  distance: number;
}

/** GET search, POST /api/search: the nearest pictures, the nearest first. */
export interface Found {
  results: Neighbour[];
}

/** GET picture/{id}: what is known of a picture. */
export interface PictureFacts {
  name: string;
  /** Path of its folder inside the collection; empty for the top folder. */
  folder: string;
  bytes: number;
  width: number;
  height: number;
  format: string;
  /** Seconds since 1970. */
  taken_s: number | null;
  latitude: number | null;
  longitude: number | null;
  exif: Record<string, string>;
  /** Why the file cannot be read; empty where it can. */
  problem: string;
  neighbours: Neighbour[];
}

/** Ids of two pictures, their distance, and whether it is certain that no other pair is closer, or farther. */
export type Pair = [number, number, number, boolean];

/** The nearest picture outside of a cluster. */
export interface Nearby extends Neighbour {
  /** Whether it is certain that no other one is nearer. */
  exact: boolean;
}

/** GET cluster: what the dendrogram alone does not say of a cluster. */
export interface ClusterFacts {
  closest: Pair | null;
  farthest: Pair | null;
  nearest_outside: Nearby | null;
}

/** A similarity that is worth a look. */
export interface Suggestion {
  sim: number;
  label: string;
  n_clusters: number;
}

/** GET curve: how many clusters there are at each similarity, and how many pictures are in them. */
export interface Curve {
  sim: number[];
  n_clusters: number[];
  n_grouped: number[];
  suggestions: Suggestion[];
}

export type CorrectionKind = 'name' | 'together' | 'apart' | 'move' | 'hide' | 'unhide';

/** A correction that holds; it names contents by their numbers in `Corrections`. */
export interface Correction {
  kind: CorrectionKind;
  pictures: number[];
  /** The other side of "apart", and where "move" leads to. */
  others?: number[];
  name?: string;
}

/** Corrections as the page does them again on any cut. Pictures of equal content are corrected together. */
export interface Corrections {
  /** Ids of the pictures of each content, ascending; none where it is not in the collection. */
  contents: number[][];
  edits: Correction[];
}

/** GET and POST /api/edits: the corrections that hold. */
export interface Edits {
  /** The one that the ids belong to. */
  snapshot: string;
  version: number;
  corrections: Corrections;
  can_undo: boolean;
  can_redo: boolean;
}

/** A correction that the page asks for; it names pictures by their ids. */
export interface NewCorrection {
  kind: CorrectionKind;
  /** The pictures; "apart" has two sides instead. */
  ids?: number[];
  name?: string;
  /** Pictures of the cluster that "move" leads to. */
  to?: number[];
  a?: number[];
  b?: number[];
}

/** POST /api/edits: one more correction. */
export interface CorrectionRequest {
  snapshot: string;
  record: NewCorrection;
}

/** POST /api/edits: one step back or forth; one of the two is true. */
export interface StepRequest {
  undo?: boolean;
  redo?: boolean;
}

export type ExportKind = 'links' | 'csv' | 'json' | 'parquet' | 'page' | 'copy';

/** POST /api/export: an output of what is seen. */
export interface ExportRequest {
  snapshot: string;
  kind: ExportKind;
  sim: number;
  min_size: number;
  /** The page's address behind '#', for a copy of the page. */
  link: string;
  /** First place, place behind the last, and height of branches with a cut of their own. */
  own_cuts: [number, number, number][];
}

/** Answer to an export. */
export interface Written {
  path: string;
}

/** POST /api/search: a picture from outside. */
export interface SearchRequest {
  snapshot: string;
  name: string;
  /** The file in base64. */
  content: string;
}

/** POST /api/reveal: a picture that the file manager shall show. */
export interface RevealRequest {
  snapshot: string;
  id: number;
}

/** Answer where there is nothing to say. */
export interface Done {
}

/** Answer of any address that refuses. */
export interface Refusal {
  error: string;
}

/** Arrays of all pictures, in base64. */
export interface CopyArrays {
  order: string;
  gap: string;
  rank: string;
  pictures: string;
  map: string;
}

/** The k nearest pictures of each picture, in base64: uint32 and float32. */
export interface CopyNeighbours {
  k: number;
  ids: string;
  distances: string;
}

/** A pair of pictures for each place between two neighbours of the leaf order, in base64: int32 and float32. */
export interface CopyPairs {
  ids: string;
  distances: string;
}

/** Everything that a copied page would ask a server for. */
export interface CopyData {
  state: State;
  edits: Edits;
  curve: Curve;
  names: string[];
  bytes: number[];
  arrays: CopyArrays;
  neighbours: CopyNeighbours | null;
  /** "closest", "farthest" and "outside", as far as they are known. */
  clusters: Record<string, CopyPairs>;
  /** Pictures in base64; None where there is none. Without them the pictures lie in files beside the page. */
  thumbnails?: (string | null)[];
  /** Pictures that have no such file. */
  missing?: number[];
}

/** Everything that the server answers as JSON. */
export type Answer = State | Names | Named | Found | PictureFacts | ClusterFacts | Curve | Edits | Written | Done | Refusal;
