"""Kinds of networks by their holders' names, held against names as they stand in registers."""

import pytest

from pipeline.directory import Directory
from pipeline.identity.address import by_holder
from pipeline.identity.asn import AsnTable
from pipeline.identity.brands import BRANDS, WORDS_MAX
from pipeline.identity.clues import Clues
from pipeline.identity.kinds import network_kind
from pipeline.identity.networks import Networks
from schemas.account import Account
from schemas.event import NetworkKind
from schemas.identity import SubjectState
from tests.builders import event

ANYBODYS = """
Halbera Mobil AG | Arvelin Breitband GmbH | Norda Bredband AB
AT&T Enterprises, LLC | AT&T Mobility LLC | Verizon Business | Cellco Partnership
Comcast Cable Communications, LLC | Charter Communications Inc | Charter Communications LLC
Cox Communications Inc. | CenturyLink Communications, LLC | Level 3 Parent, LLC | Lumen Technologies
Frontier Communications of America, Inc. | Windstream Communications LLC | Cablevision Systems Corp.
Mediacom Communications Corp | RCN | WideOpenWest Finance LLC | Breezeline | TDS TELECOM | Brightspeed
T-Mobile USA, Inc. | Space Exploration Technologies Corporation | Hughes Network Systems, LLC | ViaSat,Inc.
Cogent Communications, LLC | Hurricane Electric LLC | GTT Communications Inc. | Zayo Bandwidth | NTT America, Inc.
Arelion Sweden AB | Telecom Italia Sparkle S.p.A. | Tata Communications (America) Inc | PCCW Global, Inc.
Rogers Communications Canada Inc. | Shaw Communications Inc. | Bell Canada | TELUS Communications Inc.
Videotron Ltee | Cogeco Connexion Inc. | TekSavvy Solutions, Inc. | British Telecommunications PLC
Virgin Media Limited | Sky UK Limited | TalkTalk Communications Limited | Vodafone Limited
Hutchison 3G UK Limited | EE Limited | Telefonica UK Limited | Deutsche Telekom AG | Vodafone GmbH
Telefonica Germany GmbH & Co.OHG | 1&1 Versatel GmbH | NetCologne GmbH | M-net Telekommunikations GmbH
Orange S.A. | Free SAS | Bouygues Telecom SA | Societe Francaise Du Radiotelephone - SFR SA
TELEFONICA DE ESPANA S.A.U. | Vodafone Espana S.A.U. | Telecom Italia S.p.A. | WIND TRE S.P.A. | Fastweb SpA
Tiscali Italia S.P.A. | KPN B.V. | Vodafone Libertel B.V. | Odido Netherlands B.V. | Proximus NV | Telenet BV
Swisscom (Schweiz) AG | Sunrise GmbH | A1 Telekom Austria AG | Liberty Global B.V. | Magyar Telekom Plc.
Orange Polska Spolka Akcyjna | Netia SA | Vectra S.A. | O2 Czech Republic, a.s. | T-Mobile Czech Republic a.s.
DIGI ROMANIA S.A. | Vivacom Bulgaria EAD | OTE SA (Hellenic Telecommunications Organisation)
Turk Telekomunikasyon Anonim Sirketi | TURKCELL ILETISIM HIZMETLERI A.S. | Superonline Iletisim Hizmetleri A.S.
PJSC Rostelecom | PJSC MegaFon | MTS PJSC | PJSC "Vimpelcom" | JSC "ER-Telecom Holding" | "Kyivstar" PJSC
Telia Company AB | Tele2 Sverige AB | Telenor Norge AS | TDC Holding A/S | Elisa Oyj | DNA Oyj
Bezeq International Ltd. | Partner Communications Ltd. | TE-AS | ETISALAT MISR | Itissalat Al-MAGHRIB
Safaricom Limited | MTN SA | Vodacom | Telkom SA Ltd. | Saudi Telecom Company JSC
Emirates Telecommunications Group Company (etisalat Group) Pjsc | Ooredoo Q.S.C.
Bharti Airtel Ltd., Telemedia Services | Reliance Jio Infocomm Limited | Bharat Sanchar Nigam Ltd
Hathway IP Over Cable Internet | CHINANET-BACKBONE | China Telecom | CHINA UNICOM China169 Backbone
China Mobile Communications Group Co., Ltd. | Chunghwa Telecom Co., Ltd. | HKT Limited
HKBN Enterprise Solutions HK Limited | Korea Telecom | SK Broadband Co Ltd | LG POWERCOMM | LG DACOM Corporation
SoftBank Corp. | KDDI CORPORATION | NTT Communications Corporation | NTT DOCOMO, INC. | BIGLOBE Inc.
JCOM Co., Ltd. | OPTAGE Inc. | ARTERIA Networks Corporation | Singtel Fibre Broadband | Starhub Ltd. | M1 LIMITED
TM TECHNOLOGY SERVICES SDN BHD | TOT Public Company Limited | True Internet Co., Ltd. | VNPT Corp | Viettel Group
FPT Telecom Company | PT Telekomunikasi Indonesia | PT. INDOSAT Tbk | Globe Telecom Inc.
Philippine Long Distance Telephone Company | Converge ICT Solutions Inc. | Telstra Limited | SingTel Optus Pty Ltd
TPG Internet Pty Ltd | VOCUS PTY LTD | Spark New Zealand Trading Limited | One New Zealand Group Limited | UNINET
Telmex Colombia S.A. | COMCEL S.A. | Axtel, S.A.B. de C.V. | TELEFONICA BRASIL S.A
Claro NXT Telecomunicacoes Ltda | TIM S/A | V tal | Telecom Argentina S.A. | CANTV Servicios, Venezuela
VTR BANDA ANCHA S.A. | Amazon.com, Inc. | Amazon Data Services | Google LLC | Microsoft Corporation
Oracle Corporation | Akamai Technologies, Inc. | Akamai International B.V. | Fastly, Inc. | Cloudflare, Inc.
DigitalOcean, LLC | OVH SAS | Hetzner Online GmbH | The Constant Company, LLC | Leaseweb Deutschland GmbH
Contabo GmbH | Rackspace Hosting | Alibaba (US) Technology Co., Ltd. | Hangzhou Alibaba Advertising Co.,Ltd.
Shenzhen Tencent Computer Systems Company Limited | IONOS SE | GoDaddy.com, LLC | SCALEWAY S.A.S.
Equinix (EMEA) Acquisition Enterprises B.V. | TierPoint, LLC | HIVELOCITY, Inc. | Psychz Networks
MULTACOM CORPORATION | Zenlayer Inc | Unified Layer | JSC Selectel | Yandex.Cloud LLC | Aruba S.p.A.
PlusServer GmbH | netcup GmbH | Hostinger International Limited | Namecheap, Inc. | Liquid Web, L.L.C
NForce Entertainment B.V. | i3D.net B.V | G-Core Labs S.A. | CDNEXT | PEG TECH INC | IT7 Networks Inc
ColoCrossing | FranTech Solutions | UCLOUD INFORMATION TECHNOLOGY (HK) LIMITED | HUAWEI CLOUDS
SAKURA Internet Inc. | Facebook, Inc. | IBM Cloud | M247 Europe SRL | Datacamp Limited | PacketHub S.A.
Tefincom S.A. | Mullvad VPN AB | 31173 Services AB | Proton AG | ZSCALER, INC. | Netskope Inc | Cisco OpenDNS, LLC
QuadraNet Enterprises LLC | Performive LLC | Clouvider Limited | Larus Limited | IPXO LLC
"""
"""Carriers, clouds and privacy services: their addresses say nothing about who uses them."""

COMPANIES = """
Delta Air Lines, Inc. | Ford Motor Company | General Motors LLC | The Boeing Company | Exxon Mobil Corporation
Chevron Corporation | Wal-Mart Stores, Inc. | Target Corporation | The Home Depot Inc.
Costco Wholesale Corporation | The Procter and Gamble Company | PepsiCo, Inc. | The Coca-Cola Company
General Mills | Kellogg Company | Nike, Inc. | Starbucks Coffee Company | McDonald's Corporation
JPMorgan Chase & Co. | Bank of America, National Association | Wells Fargo Bank, N.A.
The Goldman Sachs Group, Inc. | Morgan Stanley Group Inc. | American Express Company | Visa International
Mastercard Technologies, LLC | State Farm Mutual Automobile Insurance Company
The Prudential Insurance Company of America | MetLife, Inc. | Eli Lilly and Company | Merck and Co., Inc.
Pfizer Inc. | Johnson & Johnson | Bristol-Myers Squibb Company | Universal Health Services, Inc.
UnitedHealth Group Incorporated | Caterpillar, Inc. | Deere & Company | 3M Company | General Electric Company
Honeywell International Inc. | Lockheed Martin Corporation | Northrop Grumman | Intel Corporation
Texas Instruments | Fortinet, Inc. | Palo Alto Networks, Inc | Apple Inc. | Salesforce.com, Inc. | Adobe Inc.
CISCO SYSTEMS, INC. | Carrier Global Corporation | Intercontinental Exchange, Inc. | Planet Fitness
Hostess Brands | Mattel, Inc. | Host Hotels & Resorts | FedEx Corporation | United Parcel Service
Union Pacific Railroad Company | Bayer AG | Siemens AG | BASF SE | Mercedes-Benz Group AG | Nestle SA | Novartis AG
Shell Information Technology International B.V. | Tenet Healthcare | Spectrum Brands | Tim Hortons
Digi International | Smart & Final | Academy Sports + Outdoors
"""
"""Companies whose people use the addresses."""

REFUSED = {"Salesforce.com, Inc.", "Host Hotels & Resorts"}
"""Companies wrongly taken for a network of anybody's: they are named by mailboxes and declared office ranges only."""


def names(block: str) -> list[str]:
    return [name for line in block.strip().splitlines() for name in line.split(" | ")]


def test_there_are_enough_names() -> None:
    assert (len(names(ANYBODYS)), len(names(COMPANIES))) >= (150, 50)


@pytest.mark.parametrize("name", names(ANYBODYS))
def test_a_network_of_anybodys_names_not_even_the_account_of_its_own_name(name: str) -> None:
    assert network_kind(name) is not NetworkKind.OTHER
    directory = Directory({"x": Account(account_id="x", name=name)})
    table = AsnTable([f'192.0.2.0,192.0.2.255,64500,"{name.replace(chr(34), chr(34) * 2)}"'], "")
    seen = event(ip="192.0.2.1")
    assert by_holder(Clues(seen, SubjectState(), directory, Networks(table))) == ()


def test_companies_are_not_taken_for_networks_of_anybodys() -> None:
    assert {name for name in names(COMPANIES) if network_kind(name) is not NetworkKind.OTHER} == REFUSED


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Vodafone GmbH", NetworkKind.MOBILE),
        ("Google Fiber Inc.", NetworkKind.ISP),
        ('PJSC "Vimpelcom"', NetworkKind.MOBILE),
        ("Télécom Alpes SARL", NetworkKind.ISP),
        ("ZSCALER, INC.", NetworkKind.VPN),
        ("Jisc Services Limited", NetworkKind.EDUCATION),
        ("", NetworkKind.OTHER),
    ],
)
def test_kind_by_known_name_before_words(name: str, kind: NetworkKind) -> None:
    assert network_kind(name) is kind


def test_known_names_are_written_as_they_are_looked_up() -> None:
    assert all(name == " ".join(name.lower().split()) and len(name.split()) <= WORDS_MAX for name in BRANDS)
    assert all(name.replace("=", "").replace(" ", "").isalnum() for name in BRANDS)
