/** Starts the page. */
import { gallery, openCluster } from './actions.js';
import { Cluster } from './cluster.js';
import { cutTimes, watchClusters } from './clusters.js';
import { copy } from './copy.js';
import { Dialogs } from './dialogs.js';
import { DropHint, watchDropped } from './dropped.js';
import { Dock, watchCurve } from './dock.js';
import { Gallery } from './gallery.js';
import { listenToKeys } from './keys.js';
import { html, render } from './lib.js';
import { clusterLink, watchLink } from './link.js';
import { listen, load } from './live.js';
import { MapView } from './map.js';
import { Menu } from './menu.js';
import { NothingFound, Notices, Unready } from './notices.js';
import { Picture } from './picture.js';
import { remember } from './remember.js';
import * as state from './state.js';
import { Timeline } from './timeline.js';
import { Top } from './top.js';

function Page() {
  const ready = state.status.value.kind === 'ready' && (state.collection.value?.n ?? 0) > 0;
  const view = state.view.value;
  return html`<${Top}/>
    <div class="middle">
      ${!ready && html`<${Unready}/>`}
      <div class=${state.isSplit.value ? 'views split' : 'views'} hidden=${!ready || view === 'timeline'}>
        ${ready && view === 'map' && html`<${MapView}/>`}
        <div class="view" hidden=${!ready || (view !== 'gallery' && !state.isSplit.value)}><${Gallery}/><${NothingFound}/></div>
      </div>
      ${ready && view === 'timeline' && html`<${Timeline}/>`}
      <${Notices}/>
    </div>
    <${Dock}/>
    <${Picture}/><${Cluster}/><${Dialogs}/><${Menu}/><${DropHint}/>`;
}

// For tests and measurements: what a visitor sees, as numbers.
Object.assign(globalThis, { imagecluster: { state, cutTimes, gallery, copy } });

watchClusters();
watchCurve();
clusterLink.open = (id) => openCluster({ id });
render(html`<${Page}/>`, /** @type {Element} */ (document.getElementById('app')));
listenToKeys();
watchDropped();
load(true).then(() => {
  remember();
  watchLink();
  listen();
});
