/** Starts the page. */
import { html, render } from './core/preact.js';
import { copy } from './data/copy.js';
import { cutTimes, watchClusters } from './state/clusters.js';
import { remember } from './state/preferences.js';
import * as state from './state/state.js';
import { watchLink } from './commands/address.js';
import { listen, load } from './commands/connection.js';
import { watchDuplicates } from './commands/duplicates.js';
import { watchCull } from './commands/cull.js';
import { listenToKeys } from './commands/keys.js';
import { watchTrips } from './commands/trips.js';
import { Gallery } from './gallery/gallery.js';
import { Menu } from './gallery/menu.js';
import { MapView } from './map/map.js';
import { Cluster } from './views/cluster.js';
import { Copies } from './views/copies.js';
import { CopiesBar } from './views/copies_bar.js';
import { CopyPair } from './views/copy_pair.js';
import { Cull } from './views/cull.js';
import { Dialogs } from './views/dialogs.js';
import { DropHint, watchDropped } from './views/drop.js';
import { NothingFound, Notices, Unready } from './views/notices.js';
import { Picture } from './views/picture.js';
import { SliderBar } from './views/slider_bar.js';
import { Timeline } from './views/timeline.js';
import { Toolbar } from './views/toolbar.js';
import { Trips } from './views/trips.js';
import { TripBar } from './views/trip_bar.js';

function Page() {
  const ready = state.status.value.kind === 'ready' && (state.collection.value?.n ?? 0) > 0;
  const view = state.view.value;
  const isList = view === 'copies' || view === 'trips';
  return html`<${Toolbar}/>${ready && !isList && html`<${TripBar}/>`}
    <div class="middle">
      ${!ready && html`<${Unready}/>`}
      <div class=${state.isSplit.value ? 'views split' : 'views'} hidden=${!ready || view === 'timeline' || isList}>
        ${ready && view === 'map' && html`<${MapView}/>`}
        <div class="view" hidden=${!ready || (view !== 'gallery' && !state.isSplit.value)}><${Gallery}/><${NothingFound}/></div>
      </div>
      ${ready && view === 'timeline' && html`<${Timeline}/>`}
      ${ready && view === 'copies' && html`<${Copies}/>`}
      ${ready && view === 'trips' && html`<${Trips}/>`}
      <${Notices}/>
    </div>
    ${ready && view === 'copies' ? html`<${CopiesBar}/>` : !(ready && view === 'trips') && html`<${SliderBar}/>`}
    <${CopyPair}/><${Cull}/><${Picture}/><${Cluster}/><${Dialogs}/><${Menu}/><${DropHint}/>`;
}

// For tests and measurements: numbers of what a visitor sees.
Object.assign(globalThis, { imagecluster: { state, cutTimes, copy } });

watchClusters();
render(html`<${Page}/>`, /** @type {Element} */ (document.getElementById('app')));
listenToKeys();
watchDropped();
watchDuplicates();
watchTrips();
watchCull();
load(true).then(() => {
  remember();
  watchLink();
  listen();
});
