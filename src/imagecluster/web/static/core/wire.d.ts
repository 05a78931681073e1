/** Made from imagecluster/web/wire.py by `python tools/wire.py`; a check fails when it is out of date. */

/** Levels of the tree that corrections concern. */
export type OccasionLevel = 'trip' | 'event';

/** Way to cut a dendrogram: each branch where it is most a group, or all of them at one height. */
export type CutName = 'branch' | 'flat';

/** Every stage of the program: looking for files, fetching weights (counted in bytes), fingerprinting (in files),
reading dates again (in pictures), hashing what pictures look like (in pictures), comparing for copies (in pairs),
comparing all pairs, looking for neighbours, finding the farthest pair, merging (shares), comparing local features (in
pairs), linking (in pictures), copying thumbnails (in pictures), searching for each picture (a share), measuring the
speed of models (in models), moving files (in steps of a plan). */
export type Stage = 'scan' | 'weights' | 'fingerprints' | 'dates' | 'signs' | 'copies' | 'pairs' | 'neighbours' | 'farthest' | 'merging' | 'verifying' | 'links' | 'thumbnails' | 'retrieval' | 'speed' | 'acting';

/** How two files are the same picture, from sure to like: two names of one file; equal bytes; equal decoded pixels; one
exposure, edited as a whole; one exposure of which a part differs; another exposure of the moment. */
export type CopyKind = 'file' | 'identical' | 'pixels' | 'copy' | 'altered' | 'shot';

/** The search for copies, once a page has asked for them. */
export interface DuplicatesNews {
  snapshot: string;
  /** Grows when there are others to show. */
  version: number;
  running: boolean;
  stage: Stage | '';
  done: number;
  /** How much there is of the stage, in its own unit; 0 while it is unknown. */
  total: number;
  /** Why there are none, or no new ones; empty if all is well. */
  error: string;
}

/** Decisions about copies, which change no cluster: pictures of two sides are not copies of each other, all of a group
stays, one is the best. */
export type DecisionKind = 'notcopies' | 'keepall' | 'best';

/** How a file is the same picture as the one that is kept. */
export interface Evidence {
  /** What was done to the one that is kept to get this one, in words; empty if nothing was done to its pixels. */
  transform: string;
  /** Share of the kept picture's frame that this one covers. */
  overlap: number;
  /** Whether this one shows no more than the one that is kept. */
  contained: boolean;
  /** Whether one of the two is the other with something around it. */
  framed: boolean;
  /** Map of this picture's points onto those of the one that is kept, 2 x 3 by rows, in shares of width and height.
    Empty for equal frames. */
  matrix: number[];
}

/** A picture of a group of copies. */
export interface DuplicateFile {
  id: number;
  /** Path inside the collection. */
  name: string;
  /** Whether it stays; otherwise it is proposed for removal. */
  keep: boolean;
  why: string;
  /** How it is the same as the group's first picture; None for the first itself. */
  kind: CopyKind | null;
  /** None for the first picture. */
  evidence: Evidence | null;
  bytes: number;
  width: number;
  height: number;
  format: string;
  /** Names of the files that go where it goes: sidecars, RAW, film. */
  parts: string[];
  /** Further names of the same file. */
  names: string[];
  /** Whether it is in a place that is never touched. */
  reference: boolean;
}

/** Pictures that are the same one; the first is kept for the others. */
export interface DuplicateGroup {
  /** Stays the same as long as the group does. */
  id: string;
  kind: CopyKind;
  /** Whether nothing but the path decided which one is kept. */
  tie: boolean;
  /** "kept" if all of it stays because the user said so; empty if it is open. */
  decided: string;
  files: DuplicateFile[];
}

/** Id and kind of a group, number of its files, number of those proposed for removal, and their bytes. */
export type DuplicateHead = [string, CopyKind, number, number, number];

/** GET copies: the groups that are known, without their files, and the search for them. */
export interface Duplicates {
  search: DuplicatesNews;
  /** Whether the search has ended once. */
  known: boolean;
  /** Whether edited copies were looked for too, which needs OpenCV. */
  complete: boolean;
  rules: KeepingRules;
  /** Number of groups that are left out because of decisions. */
  n_decided: number;
  groups: DuplicateHead[];
}

/** POST /api/copies/rules, and its answer: which file of each group is kept. */
export interface KeepingRules {
  /** Rules as the command line's --keep takes them; empty for the usual order. */
  keep: string;
  /** Absolute paths of folders and files that are kept before all others, and never proposed for removal. */
  references: string[];
}

/** GET copies/groups: a run of the groups of one version. */
export interface DuplicateGroups {
  version: number;
  groups: DuplicateGroup[];
}

/** The action on files in progress; empty while there is none. */
export interface ActingNews {
  /** Number of steps. */
  done?: number;
  total?: number;
}

/** POST /api/actions/plan: a plan for removing copies. Nothing happens yet. */
export interface PlanRequest {
  snapshot: string;
  /** The version of the groups that the page shows. */
  version: number;
  /** Kinds of groups whose proposed files are removed. */
  kinds: CopyKind[];
  /** Ids of proposed files that stay all the same. */
  spared: number[];
  /** Whether the files that stay get what the others know, into their sidecars; if absent, they do not. */
  carry_over?: boolean;
}

/** A file that the plan removes. */
export interface PlannedFile {
  id: number;
  name: string;
  /** With its parts. */
  bytes: number;
  parts: string[];
  /** Name of the file that stays for it. */
  keep: string;
  why: string;
}

/** POST /api/choices/plan: a plan for moving rejected pictures away. Nothing happens yet. */
export interface RejectedPlanRequest {
  snapshot: string;
  /** The pictures, as the page shows them; others that were rejected meanwhile are not in the plan. */
  ids: number[];
}

/** A plan that the server remembers until the next one. */
export interface PlanFacts {
  /** Its key. */
  plan: string;
  /** What it removes. */
  of: 'copies' | 'rejected';
  /** Files that it does not remove, though they were chosen. */
  left: FileLeft[];
  files: PlannedFile[];
  n_parts: number;
  /** Number of sidecars that are written, of files that stay. */
  n_written: number;
  bytes: number;
}

/** POST /api/actions/apply: do what a plan says. */
export interface ActRequest {
  plan: string;
  /** Absolute path of the folder that the files are moved to; without it, the system's trash. */
  folder?: string;
}

/** POST /api/actions/undo: put back what an action moved. */
export interface PutBackRequest {
  number: number;
}

/** A file with which nothing was done. */
export interface FileLeft {
  name: string;
  reason: string;
}

/** What became of a plan, or of putting back. */
export interface Outcome {
  /** Number of the action; 0 if nothing was done. */
  number: number;
  /** Number of files that were moved, without their parts. */
  n_files: number;
  bytes: number;
  /** Where they went in words: "the trash", or a folder. */
  to: string;
  left: FileLeft[];
}

/** An action on files that imagecluster has done in this collection. */
export interface ActionFacts {
  number: number;
  /** Seconds since 1970. */
  made_s: number;
  /** Number of files that it moved and that are still there. */
  n_files: number;
  bytes: number;
  to: string;
  can_undo: boolean;
}

/** GET /api/actions: the latest actions, newest first. */
export interface Actions {
  actions: ActionFacts[];
}

/** Away from home; at home; a time of which it is unknown whether it was away, because no home is known. */
export type TripKind = 'trip' | 'home' | 'period';

/** Corrections of trips and events, which change no cluster. */
export type EventCorrectionKind = 'eventname' | 'eventjoin' | 'eventsplit' | 'eventmove' | 'homeis' | 'cameraclock';

/** The search for trips and events, once a page has asked for them. */
export interface TripsNews {
  snapshot: string;
  /** Grows when there are others to show. */
  version: number;
  running: boolean;
  stage: Stage | '';
  done: number;
  /** How much there is of the stage, in its own unit; 0 while it is unknown. */
  total: number;
  /** Why there are none, or no new ones; empty if all is well. */
  error: string;
}

/** An event. Times are by the clock of the place, as if that were UTC. */
export interface EventFacts {
  name: string;
  /** Whether somebody gave it its name. */
  named: boolean;
  /** Seconds since 1970. */
  start_s: number;
  end_s: number;
  /** The town or, where there is none, the region or country; empty if it is not known. */
  place: string;
  latitude: number | null;
  longitude: number | null;
  /** The picture that shows most of what the event shows. */
  cover: number;
  /** Its dated pictures in order of time, then undated ones that resemble it closely. */
  ids: number[];
  /** Pictures that were taken in one go, two or more, in order of time. */
  bursts: number[][];
}

/** A trip, a time at home, or a period between two pauses if no home is known. Times are as in events. */
export interface TripFacts {
  kind: TripKind;
  name: string;
  named: boolean;
  /** Whether its name only says when it was. */
  by_dates: boolean;
  start_s: number;
  end_s: number;
  /** Where it stayed longest. */
  place: string;
  country: string;
  /** Places where it stayed, in order of time. */
  stays: string[];
  cover: number;
  events: EventFacts[];
}

/** A camera whose clock seems to be off; nothing applies that by itself. */
export interface SuggestedClock {
  camera: string;
  /** What to add to its times. */
  shift_s: number;
  /** The camera that it was compared with. */
  reference: string;
}

/** GET trips: all trips in order of time; each dated picture is in one of their events. */
export interface Trips {
  search: TripsNews;
  /** Whether there are any yet. */
  known: boolean;
  trips: TripFacts[];
  /** Pictures without a date that resemble no event closely. */
  undated: number[];
  clocks: SuggestedClock[];
}

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
  /** What no cluster crosses, except by hand. */
  within: 'event' | 'trip' | null;
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
  /** The same as long as the server shows the same collection, also after a restart. */
  place: string;
  /** Similarity at the start. */
  sim: number;
  min_size: number;
  read_only: boolean;
  can_reveal: boolean;
  /** Whether files may be moved: the viewer may write, and only this machine can reach it. */
  can_act: boolean;
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
  duplicates?: DuplicatesNews;
  trips?: TripsNews;
  acting?: ActingNews;
  snapshot?: SnapshotNews;
  colours?: ColoursNews;
  map?: MapNews;
}

/** GET names.json: path in the collection of each picture in a range of ids. */
export type Names = string[];

/** GET /api/skips: files that the latest run found but could not read. */
export interface Skips {
  n: number;
  /** Name and reason of the first ones, by path. */
  skips: [string, string][];
}

/** GET identical: files of the same bytes. */
export interface Identical {
  /** Ids of the files of each content that two or more have, ascending. */
  groups: number[][];
}

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

/** GET sharpness: how sharp pictures are, to compare those of one scene with each other. */
export interface Sharpness {
  /** From 0, in the order of the request; None where it cannot be said. */
  sharpness: (number | null)[];
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

/** Choices among pictures, which change no cluster: what is kept and what is rejected, and stars. */
export type ChoiceKind = 'choose' | 'rate';

export type CorrectionKind = 'name' | 'together' | 'apart' | 'move' | 'hide' | 'unhide' | 'hidefiles' | 'unhidefiles';

/** A correction in effect; it names contents by their numbers in `Corrections`. */
export interface Correction {
  kind: CorrectionKind;
  pictures: number[];
  /** The other side of "apart", and the target of "move". */
  others?: number[];
  name?: string;
  /** Ids of the files of "hidefiles" and "unhidefiles", which tell files of equal content apart. */
  files?: number[];
}

/** Corrections as the page applies them to any cut; those without `files` hold for all files of equal content. */
export interface Corrections {
  /** Ids of the pictures of each content, ascending; empty if it is not in the collection. */
  contents: number[][];
  edits: Correction[];
  /** Ids of pictures whose files imagecluster has moved away since the latest run; the page leaves them out. */
  gone?: number[];
}

/** A correction, a decision or a correction of events in words' reach. */
export interface MadeCorrection {
  /** The word by which it is undone. */
  mark: string;
  kind: string;
  /** Number of its pictures in the collection; 0 if it has none. */
  n: number;
  /** The name that it gives; empty for other kinds. */
  name: string;
  made_s: number;
}

/** What was chosen among pictures, by their ids. */
export interface Choices {
  kept: number[];
  rejected: number[];
  /** Pictures with stars, each with their number, from 1 to 5. */
  stars: [number, number][];
}

/** GET and POST /api/edits: the corrections in effect. */
export interface Edits {
  /** The snapshot that the ids belong to. */
  snapshot: string;
  version: number;
  corrections: Corrections;
  /** What the next undo undoes; `null` if there is nothing. */
  undo: MadeCorrection | null;
  redo: MadeCorrection | null;
  /** If absent, nothing was chosen. */
  choices?: Choices;
  /** Why the correction that a page wanted to undo or redo by its mark was neither. */
  refused?: string;
}

/** A correction or a decision that the page requests; it names pictures by their ids. */
export interface NewCorrection {
  kind: CorrectionKind | DecisionKind | EventCorrectionKind | ChoiceKind;
  /** The pictures; "apart" and "notcopies" have two sides instead, "choose" has three. */
  ids?: number[];
  name?: string;
  /** Pictures of the cluster, or of the event, that is the target of a move. */
  to?: number[];
  /** What a correction of trips and events is about. */
  level?: OccasionLevel;
  latitude?: number;
  longitude?: number;
  camera?: string;
  /** What to add to the times of a camera. */
  shift_s?: number;
  a?: number[];
  b?: number[];
  keep?: number[];
  reject?: number[];
  /** Pictures about which nothing is chosen any more. */
  open?: number[];
  /** Number of stars of the pictures, from 0 to 5. */
  stars?: number;
}

/** POST /api/edits: a new correction; one with a known mark was kept already, and is not made again. */
export interface CorrectionRequest {
  mark: string;
  snapshot: string;
  record: NewCorrection;
}

/** POST /api/edits: one of the two is the mark of the correction to undo or redo, or true for the latest one. */
export interface StepRequest {
  undo?: string | boolean;
  redo?: string | boolean;
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
export type Answer = State | Names | Named | Found | PictureFacts | ClusterFacts | Sharpness | Curve | Edits | Duplicates | DuplicateGroups | KeepingRules | Trips | PlanFacts | Outcome | Actions | Written | Done | Refusal;
