"""Which voice speaks which language at which carrier: only voices that know <sub>, so that names are read right."""

from dataclasses import dataclass

from core.registry.model import Language


@dataclass(frozen=True, slots=True)
class Voice:
    """A carrier's own name of a voice, and the language tag it wants beside it."""

    name: str
    tag: str


# Twilio: SayVoice and SayLanguage of the npm package twilio 6.2.0 (lib/twiml/VoiceResponse.d.ts).
# SignalWire: gcloud.<Google voice>, all but Studio (signalwire.com/docs/platform/voice/tts/gcloud); its Polly.* names
# are being retired in favour of amazon.<voice>:<model>:<language>.
_VOICES = {
    "twilio": {
        Language.JAPANESE: Voice("Polly.Kazuha-Neural", "ja-JP"),
        Language.ENGLISH: Voice("Polly.Joanna-Neural", "en-US"),
        Language.VIETNAMESE: Voice("Google.vi-VN-Neural2-A", "vi-VN"),
        Language.CHINESE: Voice("Polly.Zhiyu-Neural", "cmn-CN"),
        Language.INDONESIAN: Voice("Google.id-ID-Wavenet-A", "id-ID"),
        Language.TAGALOG: Voice("Google.fil-PH-Wavenet-A", "fil-PH"),
        Language.PORTUGUESE: Voice("Polly.Camila-Neural", "pt-BR"),
    },
    "signalwire": {
        Language.JAPANESE: Voice("gcloud.ja-JP-Neural2-B", "ja-JP"),
        Language.ENGLISH: Voice("gcloud.en-US-Neural2-F", "en-US"),
        Language.VIETNAMESE: Voice("gcloud.vi-VN-Neural2-A", "vi-VN"),
        Language.CHINESE: Voice("gcloud.cmn-CN-Wavenet-A", "cmn-CN"),
        Language.INDONESIAN: Voice("gcloud.id-ID-Wavenet-A", "id-ID"),
        Language.TAGALOG: Voice("gcloud.fil-PH-Wavenet-A", "fil-PH"),
        Language.PORTUGUESE: Voice("gcloud.pt-BR-Neural2-A", "pt-BR"),
    },
}


def voice_of(carrier: str, language: Language) -> Voice:
    """Return the voice of a language at a carrier. Raises KeyError for a carrier we have no voices of."""
    return _VOICES[carrier][language]
