"""What two spellings of one name have in common, for searching. Pure.

ﾔﾏﾀﾞ, ヤマダ and やまだ are one; so are 髙 and 高, オータ and おおた, ㈱佐藤 and 佐藤.

Searching may find too much (小野 for おおの), and must never find too little. What is folded is never shown.
"""

import re
import unicodedata
from functools import lru_cache

# Each word: the form that is kept, then the forms of the same character that names are also written with.
_VARIANTS = """
高髙 崎﨑嵜碕 辺邊邉 斎齋齊斉 浜濱濵 沢澤 広廣 桜櫻 国國圀 島嶋嶌 渕淵渊 吉𠮷 徳德 恵惠 瀬瀨 真眞 富冨 峰峯 条條
槙槇 桧檜 曽曾 亜亞 円圓 応應 栄榮 奥奧 学學斈 関關 旧舊 亀龜 塩鹽 実實 寿壽 将將 浄淨 慎愼 静靜 浅淺 荘莊 蔵藏
総總 増增 滝瀧 渋澁 黒黑 彦彥 当當 灯燈 弥彌 豊豐 万萬 毎每 与與 来來 頼賴 竜龍 涼凉 緑綠 礼禮 暦曆 恋戀 郎郞
楽樂 鴎鷗 穂穗 会會 柳栁 桑桒 館舘 野埜 寛寬 巣巢 教敎 横橫 歴歷 清淸 温溫 県縣 園薗 郷鄕 録錄 青靑 凛凜 芦蘆
萌萠 篭籠 竈竃 磯礒 薮藪 麹麴 村邨 船舩 鉄鉃鐵銕 橋槗𣘺 哲喆 児兒 峡峽 岳嶽 猪豬 糸絲 聡聰 声聲 稲稻 縄繩 台臺
遥遙 釈釋 双雙 霊靈 体體 麦麥 齢齡 剣劍劒 検檢 険險 経經 軽輕 継繼 芸藝 権權 参參 蚕蠶 桟棧 写寫 従從 縦縱 粛肅
処處 叙敍 奨獎 証證 乗乘 畳疊 譲讓 図圖 随隨 数數 枢樞 専專 戦戰 銭錢 禅禪 壮壯 捜搜 挿插 争爭 属屬 続續 対對
択擇 担擔 団團 断斷 遅遲 昼晝 虫蟲 鋳鑄 庁廳 聴聽 鎮鎭 逓遞 点點 転轉 伝傳 党黨 闘鬪 独獨 読讀 届屆 弐貳 脳腦
廃廢 拝拜 売賣 発發 髪髮 抜拔 蛮蠻 秘祕 払拂 仏佛 並竝 変變 弁辨辯瓣 宝寶寳 満滿 黙默 訳譯 薬藥 予豫 余餘 誉譽
揺搖 様樣 謡謠 乱亂 覧覽 両兩 猟獵 塁壘 励勵 労勞 楼樓 湾灣 壱壹 隠隱 衛衞 駅驛 縁緣 艶艷 欧歐 価價 画畫 壊壞
懐懷 絵繪 拡擴 覚覺 岩巖巌嵒 顔顏 帰歸 気氣 亘亙 晃晄 尭堯 槌鎚 祢禰 鶴靏靍 雁鴈 梅楳 松枩 杉椙 藤籐
"""
_KEPT = {ord(other): word[0] for word in _VARIANTS.split() for other in word[1:]}
_SMALL_TO_LARGE = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖづぢをゐゑゔ", "あいうえおつやゆよわかけずじおいえぶ")
_KATAKANA_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_ROWS = {
    "あ": "あかがさざただなはばぱまやらわ",
    "い": "いきぎしじちにひびぴみり",
    "う": "うくぐすずつぬふぶぷむゆるおこごそとどのほぼぽもよろぞ",
    "え": "えけげせぜてでねへべぺめれ",
    "お": "おこごそぞとどのほぼぽもよろ",
}
_LENGTHENS = {(before, vowel) for vowel, row in _ROWS.items() for before in row} | {(e, "い") for e in _ROWS["え"]}
_LEGAL_FORMS = re.compile(r"株式会社|有限会社|合同会社|合資会社|合名会社|一般社団法人|\((?:株|有|同|資|名)\)")
_LEGAL_FORMS_KANA = re.compile("(?:カブシキ|ユウゲン|ゴウドウ|ゴウシ|ゴウメイ)ガイシャ")
_REPEATED = re.compile("(.)々")  # 佐々木 is 佐佐木
_LATIN = {"đ": "d", "ł": "l", "ø": "o"}


def fold(text: str) -> str:
    """Return a name as it is searched for, without spaces and signs; a company's without its legal form."""
    plain = _LEGAL_FORMS.sub("", unicodedata.normalize("NFKC", text)).casefold()
    plain = _REPEATED.sub(r"\1\1", plain)
    plain = plain.translate(_KATAKANA_TO_HIRAGANA).translate(_SMALL_TO_LARGE).translate(_KEPT)
    return _shorten("".join(_bare(sign) for sign in plain))


def without_legal_form(name: str) -> str:
    """Return what a company is called on site, its name or kana: 佐藤工業 for 株式会社佐藤工業."""
    return _LEGAL_FORMS_KANA.sub("", _LEGAL_FORMS.sub("", name)).strip() or name


def search_text(name: str, name_kana: str) -> str:
    """Return what a row is found by: the name and the kana, each as written in one and, where it differs, in parts.

    Between the parts of a kana name a vowel does not lengthen: カトウ ウタ is かと and うた.
    """
    kana_parts = "".join(fold(part) for part in name_kana.split())
    return " ".join(dict.fromkeys(filter(None, (fold(name), fold(name_kana), kana_parts))))


@lru_cache(maxsize=4096)
def _bare(sign: str) -> str:
    """Return a letter or digit without its accent, nothing for anything else."""
    if not sign.isalnum():
        return ""
    base = unicodedata.normalize("NFD", sign)[0]
    return base if base.isascii() else _LATIN.get(sign, sign)


def _shorten(text: str) -> str:
    """Return the text without the vowels that only lengthen what stands before them: おおた and おた are one."""
    kept: list[str] = []
    is_long = False
    for before, sign in zip(" " + text, text, strict=False):
        is_long = sign == "ー" or (not is_long and (before, sign) in _LENGTHENS)
        if not is_long:
            kept.append(sign)
    return "".join(kept)
