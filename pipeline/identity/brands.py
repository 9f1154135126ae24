"""Well-known carriers, clouds and privacy services whose names do not say what they are: how their names begin.

Kept by hand, in lower case, without accents, signs and legal forms. One that is missing is no danger by itself: such a
holder names a company only where an account carries exactly its name, and accounts have the flag `never_by_ip`.
"""

from collections.abc import Mapping

from schemas.event import NetworkKind

_RELAY = "icloud private relay, apple relay, emerald onion, calyx institute, applied privacy, f3 netze, zwiebelfreunde"

_VPN = """zscaler, netskope, m247, datacamp, packethub, tefincom, mullvad, 31173 services, nordvpn,
    surfshark, windscribe, privado, ipvanish, hotspot shield, =aura, private internet access, proton ag, opendns,
    cisco opendns, cisco umbrella, cato networks, forcepoint, iboss, menlo security, bright data, oxylabs, ipxo,
    larus, clouvider, quadranet, tzulo, ghostnet, keff networks, performive, total server, secure internet, privax,
    =avast, perimeter 81, ace ville, aceville"""

_HOSTING = """amazon, aws, google, microsoft, azure, oracle, akamai, fastly, cloudflare, digitalocean,
    digital ocean, ovh, hetzner, linode, vultr, the constant, constant company, choopa, leaseweb, contabo,
    rackspace, alibaba, hangzhou alibaba, shenzhen tencent, =aliyun, tencent, ionos, =strato, godaddy, scaleway,
    online s a s, iliad, equinix, digital realty, interxion, coresite, cyrusone, tierpoint, flexential, aptum,
    cogeco peer, internap, hivelocity, psychz, multacom, eonix, zenlayer, unified layer, endurance international,
    bluehost, newfold, squarespace, =wix, automattic, shopify, heroku, netlify, vercel, fly io, render services,
    selectel, yandex, timeweb, beget, reg ru, mail ru, =vk, aruba, register it, gandi, infomaniak, plusserver,
    netcup, myloc, ip exchange, noris, hostinger, hostpapa, hostroyale, afrihost, namecheap, dreamhost, liquid web,
    singlehop, steadfast, nforce, worldstream, serverius, transip, i3d, servers com, gcore, g core, cdn77,
    stackpath, limelight, edgio, edgecast, bunnyway, imperva, incapsula, sucuri, peg tech, it7, colocrossing,
    colo crossing, buyvm, frantech, kamatera, upcloud, exoscale, ucloud, byteplus, volcano engine, beijing volcano,
    baidu, beijing baidu, huawei cloud, huawei international, naver, ncloud, kakao, nhn, sakura, idc frontier,
    =gmo, xserver, conoha, facebook, meta platforms, meteverse, dingfeng, power line, apnic, ripe, expedient,
    lightedge, datapipe, switch ltd, =peak 10, evocative, =packet, latitude sh, maxihost, locaweb, =uol,
    dimension data, t systems, atos, wholesail, unitas global, hurricane, salesforce, heficed, servermania,
    sharktech, webnx, wowrack, cologix, iweb, netactuate"""

_EDUCATION = """jisc, janet, renater, =surf, =garr, consortium garr, rediris, red iris,
    entidad publica empresarial red es, =switch, dfn, verein zur foerderung eines deutschen forschungsnetzes,
    arnes, carnet, cesnet, sanet, nordunet, sunet, uninett, sikt, funet, csc tieteen, heanet, belnet, restena,
    aconet, pionier, kifu, niif, roedunet, grnet, ulakbim, iucc, aarnet, reannz, canarie, risq, bcnet, cenic, mcnc,
    merit network, internet2, educause, oarnet, njedge, kinber, los nettos, fccn, rnp, rede nacional de ensino,
    cudi, reuna, renata, cernet, cnic cas, tanet, kisti, kreonet, thaisarn, wide project,
    research organization of information and systems, sinet, singaren, ernet, nkn, =tenet, kenet,
    zdruzenie pouzivatelov slovenskej akademickej"""

_MOBILE = """t mobile, verizon wireless, cellco, us cellular, =cricket, =boost, metropcs, softbank, kddi,
    ntt docomo, docomo, rakuten mobile, sk telecom, lg uplus, lg u, china mobile, airtel, bharti, reliance jio,
    jio, vodafone idea, idea cellular, aircel, telenor, telia, tele2, =three, three ireland, three uk, hutchison,
    hi3g, ee limited, o2, telefonica o2, e plus, vodacom, mtn, cell c, safaricom, zain, etisalat, =du, =stc,
    mobily, etihad etisalat, ooredoo, orascom, turkcell, avea, vodafone, megafon, =mts, mts pjsc, mts ojsc,
    mobile telesystems, vimpelcom, pjsc vimpelcom, beeline, =t2, kyivstar, lifecell, kcell, kar tel, polkomtel, p4,
    =play, wind tre, iliad italia, fastweb, =tim, tim s a, claro, comcel, telcel, america movil, radiomovil,
    movistar, entel, tigo, millicom, digicel, viettel, mobifone, vinaphone, =globe, =smart, indosat, telkomsel,
    xl axiata, =maxis, celcom, =digi, digi tavkozlesi, digi romania, digi spain, u mobile, starhub, m1, singtel,
    optus, telstra, dna, elisa, yettel, a1, magyar telekom, spark new zealand, one new zealand, one hungary,
    2degrees, scancom, econet, africell, =wana, unitel, emtel, magticom"""

_ISP = """comcast, xfinity, at t, att, verizon, =mci, uunet, charter, cox communications, centurylink, qwest,
    lumen, level 3, level3, frontier communications, windstream, altice, cablevision, =optimum, mediacom, rcn,
    astound, wideopenwest, =wow, breezeline, atlantic broadband, suddenlink, cequel, sparklight, cable one, =tds,
    brightspeed, consolidated communications, google fiber, =sonic, sonic net, webpass, =starry, hughes, viasat,
    starlink, space exploration, earthlink, allstream, zayo, cogent, gtt, ntt, arelion, telxius, =sparkle,
    telecom italia, pccw, seacom, liquid telecom, liquid intelligent, rogers, bell canada, =bce, telus, videotron,
    cogeco, eastlink, teksavvy, xplore, xplornet, ebox, sasktel, =bt, bt italia, bt global, virgin media, =sky,
    sky uk, sky italia, sky deutschland, sky broadband, talktalk, plusnet, =kcom, hyperoptic, gigaclear, eircom,
    =eir, colt, exponential e, vodafone, orange, free sas, free pro, proxad, sfr, bouygues, numericable, completel,
    deutsche telekom, 1 1 versatel, versatel, unitymedia, ewe tel, m net, netcologne, swisscom, sunrise, =upc,
    =salt, quickline, green ch, vtx, init7, kpn, ziggo, odido, xs4all, delta fiber, caiw, proximus, belgacom,
    telenet, =voo, scarlet, liberty global, tdc, norlys, stofa, globalconnect, bahnhof, bredband2,
    bredbandsbolaget, com hem, lyse, altibox, nextgentel, =ice, telmore, tiscali, eolo, retelit, linkem, windtre,
    telefonica, euskaltel, masmovil, xfera, jazz, =ono, nos comunicacoes, =nos, =meo, nowo, pt comunicacoes, cyta,
    forthnet, cosmote, wind hellas, netia, vectra, multimedia polska, inea, toya, invitech, digi romania, rcs rds,
    vivacom, bulsatcom, sia tet, bite, rostelecom, er telecom, =ttk, transtelecom, superonline, turksat,
    andromeda tv, bezeq, =hot, =partner, netvision, 012, itissalat, te as, maroc, sonatel, wanadoo, telkom, =rain,
    shatel, aria shatel, ptcl, nayatel, bsnl, bharat sanchar, mtnl, mahanagar, hathway, act fibernet, =atria,
    you broadband, sify, =den, chinanet, china telecom, china unicom, china169, =cnc, gehua, beijing gehua, huashu,
    hkt, hkbn, hgc, hutchison global, i cable, chunghwa, hinet, kbro, so net, sony network, seednet,
    digital united, new century infocomm, asia pacific on line, =kt, lg powercomm, lg dacom, dacom, lg hellovision,
    dreamline, dlive, sejong, shinbiro, tbroad, ocn, biglobe, =nifty, jcom, =jupiter, arteria, optage, freebit,
    enecom, plala, =ctc, stnet, qtnet, tot, =cat, =true, =ais, 3bb, triple t, vnpt, fpt, pt indosat, biznet,
    first media, pldt, =converge, converge ict, comclark, sky cable, tm technology, telekom malaysia, tt dotcom,
    time dotcom, myrepublic, viewqwest, vocus, aapt, tpg, iinet, internode, aussie, exetel, superloop, telmex,
    uninet, axtel, alestra, megacable, izzi, totalplay, cablemas, television internacional, vtr, gtd, movistar,
    =oi, v tal, =vivo, algar, brisanet, net servicos, telecentro, cablevision argentina, cantv, =inter, ufinet,
    ifx, telgua, ice costa, sercomtel, corporacion telemic, inteliquent, pentele, firstlight, crown castle, uniti,
    =segra, lightpath, gci, melita, =go p l c, =norsk, eunetworks, internet solutions, neterra, ukrtelecom,
    vf ukraine, =volia, triolan, intersvyaz, bashinformsvyaz, quantcom, vodafone czech, o2 czech, =swan, slovak,
    =t com, telemach, hrvatski, =optima, =sbb, mts d o o, crnogorski, makedonski, =ote, =hellas"""


_LISTS = (
    (NetworkKind.ISP, _ISP),
    (NetworkKind.MOBILE, _MOBILE),
    (NetworkKind.EDUCATION, _EDUCATION),
    (NetworkKind.HOSTING, _HOSTING),
    (NetworkKind.VPN, _VPN),
    (NetworkKind.RELAY, _RELAY),
)
"""What stands on two lists is what the later one says."""

BRANDS: Mapping[str, NetworkKind] = {
    " ".join(name.split()): kind for kind, names in _LISTS for name in names.split(",")
}
"""Beginning of a holder's name, in whole words -> kind; behind `=`: the whole name, since the word is a common one."""

WORDS_MAX = max(len(name.split()) for name in BRANDS)
"""Words of the longest beginning."""
