#!/usr/bin/env bash
# Every command, in the order in which one meets them. Usage: examples/commands.sh FOLDER PICTURE
# Apart from FOLDER/imagecluster, files are written into the working directory.
set -euo pipefail
folder=$1 picture=$2

imagecluster doctor                                        # is everything there and working?
imagecluster models                                        # which networks there are
imagecluster run "$folder" --sim 0.5                       # sort; `imagecluster FOLDER` is short for it
imagecluster info "$folder" --times                        # when and where each picture was taken
imagecluster info "$folder"                                # what is in the database
imagecluster suggest "$folder"                             # which --sim for copies, shots, things, kinds
imagecluster search "$folder" "$picture" -k 3              # what looks like this
imagecluster duplicates "$folder" --plan plan.json          # copies, and a plan of what may go
imagecluster events "$folder" --level trip                 # trips and events, by time, place and content
imagecluster eval "$folder" --labels folders               # how good the groups are, by folders you made
imagecluster plot dendrogram "$folder" -o dendrogram.png
imagecluster export "$folder" --page album.html            # the viewer's page for other people
imagecluster export "$folder" --fingerprints fingerprints.npz
imagecluster actions "$folder"                             # what was done with files: moves, links

# What was done last with files comes back, with times and permissions.
if imagecluster actions "$folder" --json | grep -q '"number"'; then
  imagecluster undo "$folder"
fi

# A folder that the original imagecluster has sorted: keep what it computed.
if [ -f "$folder/imagecluster/fingerprints.pk" ]; then
  imagecluster import-original "$folder/imagecluster/fingerprints.pk"
fi

imagecluster view "$folder"                                # clusters in the browser, until Ctrl-C
