"""How often places are called what people call them, against the nearest town; and the time for 100,000 positions.

    python bench/places.py

The spots are well-known places with the names that visitors use for them; any of several counts.
"""

from __future__ import annotations

import resource
import time

import numpy as np

from imagecluster.places import Gazetteer
from imagecluster.places.gazetteer import distances_km

SPOTS = """\
Ubud;-8.5069;115.2625;Ubud
Seminyak beach;-8.6913;115.1568;Seminyak|Kuta|Kerobokan|Legian
Canggu;-8.6478;115.1385;Canggu
Nusa Dua;-8.8000;115.2310;Nusa Dua|Benoa
Hallstatt;47.5622;13.6493;Hallstatt
Vik;63.4187;-19.0060;Vík
Vernazza;44.1349;9.6850;Vernazza
Yosemite Valley;37.7456;-119.5936;Yosemite
Uluru;-25.3444;131.0369;Yulara
Mont-Saint-Michel;48.6361;-1.5115;Mont-Saint-Michel|Le Mont|Beauvoir|Pontorson
Monaco casino;43.7393;7.4273;Monte|Monaco
Nice old town;43.6961;7.2756;Nice
Basel;47.5576;7.5886;Basel
Weil am Rhein;47.5947;7.6208;Weil am Rhein
Strasbourg;48.5819;7.7510;Strasbourg
Kehl;48.5740;7.8110;Kehl
Detroit;42.3314;-83.0458;Detroit
Windsor;42.3149;-83.0364;Windsor
Niagara NY;43.0866;-79.0690;Niagara
Niagara ON;43.0896;-79.0849;Niagara
San Diego;32.7157;-117.1611;San Diego
Tijuana;32.5149;-117.0382;Tijuana
Suva;-18.1416;178.4419;Suva
Kiritimati;1.8721;-157.4278;London|Banana|Tabwakea
Tarawa;1.3290;172.9770;Tarawa|Bikenibeu|Betio|Bairiki|Buota
Kreuzberg;52.4990;13.4030;Berlin
Brooklyn;40.6782;-73.9442;New York|Brooklyn
Venice Beach;33.9850;-118.4695;Los Angeles|Venice|Santa Monica
Notre-Dame;48.8530;2.3499;Paris
La Defense;48.8919;2.2380;Paris|Puteaux|Courbevoie
Versailles;48.8049;2.1204;Versailles
Shibuya;35.6595;139.7005;Tokyo
Hakone;35.2324;139.1069;Hakone
Kyoto Gion;35.0037;135.7751;Kyoto
Fushimi;34.9671;135.7727;Kyoto
Nara park;34.6851;135.8430;Nara
Machu Picchu;-13.1631;-72.5450;Machupicchu|Aguas Calientes|Machu Picchu
Cusco;-13.5170;-71.9785;Cusco
Petra;30.3285;35.4444;Wadi Musa|Wādī Mūsá|Petra
Giza;29.9792;31.1342;Giza|Al Jīzah|Cairo
Zermatt;46.0207;7.7491;Zermatt
Chamonix;45.9237;6.8694;Chamonix
Interlaken;46.6863;7.8632;Interlaken|Unterseen
Neuschwanstein;47.5576;10.7498;Füssen|Schwangau|Hohenschwangau
Siena;43.3188;11.3308;Siena
San Gimignano;43.4677;11.0431;San Gimignano
Santorini Oia;36.4618;25.3753;Oia|Oía
Mykonos;37.4467;25.3289;Mykonos|Mýkonos
Dubrovnik;42.6507;18.0944;Dubrovnik
Galapagos Puerto Ayora;-0.7430;-90.3138;Puerto Ayora
Easter Island;-27.1500;-109.4333;Hanga Roa
Tromso;69.6492;18.9553;Tromsø
Longyearbyen;78.2232;15.6267;Longyearbyen
Queenstown NZ;-45.0312;168.6626;Queenstown
Milford Sound;-44.6717;167.9250;Milford Sound
Cape Town;-33.9249;18.4241;Cape Town
Stellenbosch;-33.9321;18.8602;Stellenbosch
Grand Canyon village;36.0544;-112.1401;Grand Canyon
Moab;38.5733;-109.5498;Moab
Banff;51.1784;-115.5708;Banff
Lake Louise;51.4254;-116.1773;Lake Louise
Havana;23.1367;-82.3589;Havana
Tulum;20.2114;-87.4654;Tulum
Hoi An;15.8801;108.3380;Hội An|Hoi An
Hong Kong Central;22.2819;114.1589;Hong Kong
Shenzhen;22.5431;114.0579;Shenzhen
Singapore;1.2868;103.8545;Singapore
Johor Bahru;1.4655;103.7578;Johor Bahru
Geneva;46.2044;6.1432;Geneva|Genève
Annecy;45.8992;6.1294;Annecy
Vatican;41.9022;12.4539;Vatican
San Marino;43.9367;12.4464;San Marino
Skagen;57.7209;10.5839;Skagen
Helgoland;54.1837;7.8866;Helgoland
Sylt Westerland;54.9079;8.3033;Westerland|Sylt
Oxford;51.7520;-1.2577;Oxford
Canterbury;51.2802;1.0789;Canterbury
Heathrow;51.4700;-.4543;London|Hounslow|Hillingdon|Hayes
Potsdam;52.3906;13.0645;Potsdam
Pisa;43.7230;10.3966;Pisa
"""
"""Spot; latitude; longitude; names that count."""


def main() -> None:
    """Print the scores, those that are wrong, and the times."""
    gazetteer = Gazetteer.load()
    spots = [line.split(";") for line in SPOTS.splitlines()]
    latitude, longitude = (np.array([float(spot[i]) for spot in spots]) for i in (1, 2))
    table = gazetteer.table
    km = distances_km(latitude[:, None], longitude[:, None], table.latitude_deg, table.longitude_deg)
    nearest = [table.towns[i] for i in np.argmin(km, axis=1)]
    ours = ["" if name is None else name.town for name in gazetteer.names_of(latitude, longitude)]
    for what, names in (("the rule", ours), ("nearest town", nearest)):
        wrong = [
            f"{spot[0]} ({name or 'no town'})"
            for spot, name in zip(spots, names, strict=True)
            if not any(part in name for part in spot[3].split("|"))
        ]
        print(f"{what:13} {len(spots) - len(wrong)} of {len(spots)} right; wrong: {', '.join(wrong)}")
    rng = np.random.default_rng(0)
    around = rng.normal(52.5, 0.5, 100_000), rng.normal(13.4, 0.5, 100_000)
    trip = np.repeat(around[0][:500], 200), np.repeat(around[1][:500], 200)
    started = time.process_time()
    _ = distances_km(around[0][:100, None], around[1][:100, None], table.latitude_deg, table.longitude_deg).argmin(1)
    plain_s = (time.process_time() - started) * 1000
    for what, (lat, lon) in (("100,000 places around one city", around), ("100,000 pictures at 500 places", trip)):
        started = time.process_time()
        gazetteer.names_of(lat, lon)
        took_s = time.process_time() - started
        print(f"{what}: {took_s:.1f} s of processor time, {plain_s / took_s:.0f} times as fast as all distances")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
