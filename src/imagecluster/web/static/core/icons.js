/** Icons. */

/** Icons by command, in a square of 24. */
export const PATHS = /** @type {Record<string, string>} */ ({
  undo: 'M9 7H4V2M4.5 7A8 8 0 1 1 4 14',
  redo: 'M15 7h5V2M19.5 7A8 8 0 1 0 20 14',
  keys: 'M9 9a3 3 0 1 1 4.5 2.6c-.9.6-1.5 1.2-1.5 2.4M12 18v.5',
  export: 'M12 15V3M7.5 7.5 12 3l4.5 4.5M4 14v5a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-5',
  close: 'M5 5l14 14M19 5 5 19',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 21 21',
  reveal: 'M3 7a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2V18a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z',
  'copy-path': 'M9 9h11v11H9zM5 15H4V4h11v1',
  similar: 'M4 5h9v9H4zM11 18h9V9',
  'split-cluster': 'M12 21v-7M12 14 5 7V3M12 14l7-7V3',
  'join-cluster': 'M12 3v7M5 21v-4l7-7 7 7v4',
  'select-cluster': 'M5 12.5l4.5 4.5L19 7.5',
  'name-cluster': 'M4 20l1-4L16 5l3 3L8 19l-4 1zM14 7l3 3',
  'leave-trip': 'M15 5l-7 7 7 7',
  'open-cluster': 'M5 4v6h7M5 10v9h7M14 8h6M14 17h6',
});
