/** Made from imagecluster/web/wire.py by `python tools/wire.py`; a check fails when it is out of date. */

/** Way to cut a dendrogram: each branch where it is most a group, or all of them at one height. */
export type CutName = 'branch' | 'flat';

/** Every stage of the program: looking for files, fetching weights (counted in bytes), fingerprinting (in files),
reading dates again (in pictures), hashing what pictures look like (in pictures), comparing for copies (in pairs),
comparing all pairs, looking for neighbours, finding the farthest pair, merging (shares), comparing local features (in
pairs), linking (in pictures), copying thumbnails (in pictures), searching for each picture (a share), measuring the
speed of models (in models), moving files (in steps of a plan). */
export type Stage = 'scan' | 'weights' | 'fingerprints' | 'dates' | 'signs' | 'copies' | 'pairs' | 'neighbours' | 'farthest' | 'merging' | 'verifying' | 'links' | 'thumbnails' | 'retrieval' | 'speed' | 'acting';

/** The meaning of similarities: heights rise and sims fall from (0, 1) to the root, linearly between the points. */
export interface Scale {
  heights: number[];
  sims: number[];
}

/** A run in progress, or how the last one ended. */
export interface Run {
  running: boolean;
  /** Empty while there is no run. */
  stage: Stage | '';
  done: number;
  /** How much there is of the stage, in the stage's own unit; 0 while it is unknown, 1 where `done` is a share. */
  total: number;
  /** Why there is nothing to show, or nothing new; empty if all is well. */
  error: string;
}

/** The facts of a collection that the page needs first. */
export interface CollectionFacts {
  /** Key of the snapshot, which is part of the addresses of all its data. */
  snapshot: string;
  n: number;
  largest_distance: number;
  scale: Scale;
  /** How the dendrogram is cut. By branch, the heights of gap.bin are not distances, which are in distances.bin. */
  cut: CutName;
  max_diameter: number | null;
  /** Whether the pictures are not clustered yet. */
  provisional: boolean;
  has_times: boolean;
}

/** Facts about a copy of the page. */
export interface Copied {
  /** Seconds since 1970. */
  made_s: number;
  /** Commands that the copy does not have. */
  lacks: string[];
  /** Its first view, as in the page's address after '#'; empty for the page's defaults. */
  link: string;
}

/** GET /api/state: the current state. */
export interface State extends CollectionFacts {
  root_name: string;
  /** Similarity at the start. */
  sim: number;
  min_size: number;
  read_only: boolean;
  can_reveal: boolean;
  can_search_text: boolean;
  run: Run;
  /** Names of files that cannot be read, with reasons, if there is no picture at all. */
  skips: [string, string][];
  /** Facts about a copy of the page; None if there is a server. */
  copied: Copied | null;
}

/** The current snapshot. */
export interface SnapshotNews {
  snapshot: string;
}

/** The current version of the corrections. */
export interface EditsNews {
  version: number;
}

/** More average colours are known. */
export interface ColoursNews {
  snapshot: string;
  n_known: number;
}

/** The current map; empty while there is none. */
export interface MapNews {
  snapshot?: string;
  method?: string;
}

/** GET /api/events: data of each kind of event. */
export interface News {
  run?: Run;
  edits?: EditsNews;
  snapshot?: SnapshotNews;
  colours?: ColoursNews;
  map?: MapNews;
}

/** GET names.json: path in the collection of each picture in a range of ids. */
export type Names = string[];

/** GET named: pictures whose path holds every word of a text. */
export interface Named {
  ids: number[];
}

/** A picture that is near the requested one. */
export interface Neighbour {
  id: number;
  /** Cosine distance. */
  distance: number;
  /** Number of points in which the two pictures agree, if that makes it sure that they show the same thing. */
  points?: number;
}

/** GET search, POST /api/search: the nearest pictures, nearest first. */
export interface Found {
  results: Neighbour[];
}

/** GET picture/{id}: everything that is known about a picture. */
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
  /** What is missing of a picture that was read in part; empty if it was read as a whole. */
  note: string;
  /** Further names of the same file in the collection, hard and symbolic links. */
  other_names: string[];
  /** Why the file cannot be read; empty if it can. */
  problem: string;
  neighbours: Neighbour[];
}

/** Ids of two pictures, their distance, and whether it is certain that no other pair is closer (or farther apart). */
export type Pair = [number, number, number, boolean];

/** The nearest picture outside a cluster. */
export interface Nearby extends Neighbour {
  /** Whether it is certain that no other one is nearer. */
  exact: boolean;
}

/** Pictures of a cluster that are sure to show the same thing. */
export interface Verified {
  /** The two that agree in the most points. */
  pair: [number, number];
  points: number;
  /** Number of such pairs in the cluster. */
  n_pairs: number;
}

/** GET cluster: facts of a cluster that the dendrogram alone does not give. */
export interface ClusterFacts {
  closest: Pair | null;
  farthest: Pair | null;
  nearest_outside: Nearby | null;
  /** None if no two of its pictures were verified. */
  verified: Verified | null;
}

/** A suggested similarity. */
export interface Suggestion {
  sim: number;
  label: string;
  n_clusters: number;
  /** Why the collection gives no ground for it; empty if it does. */
  unsure: string;
}

/** GET curve: the number of clusters at each similarity, and the number of pictures in them. */
export interface Curve {
  sim: number[];
  n_clusters: number[];
  n_grouped: number[];
  suggestions: Suggestion[];
}

export type CorrectionKind = 'name' | 'together' | 'apart' | 'move' | 'hide' | 'unhide';

/** A correction in effect; it names contents by their numbers in `Corrections`. */
export interface Correction {
  kind: CorrectionKind;
  pictures: number[];
  /** The other side of "apart", and the target of "move". */
  others?: number[];
  name?: string;
}

/** Corrections as the page applies them to any cut. Pictures of equal content are corrected together. */
export interface Corrections {
  /** Ids of the pictures of each content, ascending; empty if it is not in the collection. */
  contents: number[][];
  edits: Correction[];
}

/** GET and POST /api/edits: the corrections in effect. */
export interface Edits {
  /** The snapshot that the ids belong to. */
  snapshot: string;
  version: number;
  corrections: Corrections;
  can_undo: boolean;
  can_redo: boolean;
}

/** A correction that the page requests; it names pictures by their ids. */
export interface NewCorrection {
  kind: CorrectionKind;
  /** The pictures; "apart" has two sides instead. */
  ids?: number[];
  name?: string;
  /** Pictures of the cluster that is the target of "move". */
  to?: number[];
  a?: number[];
  b?: number[];
}

/** POST /api/edits: a new correction. */
export interface CorrectionRequest {
  snapshot: string;
  record: NewCorrection;
}

/** POST /api/edits: one step back or forward; one of the two is true. */
export interface StepRequest {
  undo?: boolean;
  redo?: boolean;
}

export type ExportKind = 'links' | 'csv' | 'json' | 'parquet' | 'page' | 'copy';

/** POST /api/export: an output of the clusters that the page shows. */
export interface ExportRequest {
  snapshot: string;
  kind: ExportKind;
  sim: number;
  min_size: number;
  /** The page's address after '#', for a copy of the page. */
  link: string;
  /** First place, place after the last, and height of branches with a cut of their own. */
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

/** POST /api/reveal: a picture to show in the file manager. */
export interface RevealRequest {
  snapshot: string;
  id: number;
}

/** Answer without content. */
export interface Done {
}

/** Answer of any address that refuses a request. */
export interface Refusal {
  error: string;
}

/** Arrays of all pictures, in base64. */
export interface CopyArrays {
  order: string;
  gap: string;
  distances: string;
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

/** A pair of pictures for each place between two neighbours in leaf order, in base64: int32 and float32. */
export interface CopyPairs {
  ids: string;
  distances: string;
}

/** Everything that a copied page would request from a server. */
export interface CopyData {
  state: State;
  edits: Edits;
  curve: Curve;
  names: Names;
  bytes: number[];
  arrays: CopyArrays;
  neighbours: CopyNeighbours | null;
  /** "closest", "farthest" and "outside", as far as they are known. */
  clusters: Record<string, CopyPairs>;
  /** Pictures in base64; None if there is none. Without this list the pictures are in files beside the page. */
  thumbnails?: (string | null)[];
  /** Pictures without such a file. */
  missing?: number[];
}

/** All JSON answers of the server. */
export type Answer = State | Names | Named | Found | PictureFacts | ClusterFacts | Curve | Edits | Written | Done | Refusal;
