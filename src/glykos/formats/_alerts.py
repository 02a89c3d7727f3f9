"""What devices shout, sorted into the groups people know, and in readable capitals.

Source: texts of genuine CareLink exports; codes of reference therapy-events.md §2.6.
"""

from functools import lru_cache

from glykos.therapy.records import AlarmClass

#: First match wins, so the specific words stand before the general ones.
_BY_WORD = (
    ("smartguard", AlarmClass.MODE),
    ("auto mode", AlarmClass.MODE),
    ("insert battery", AlarmClass.POWER),
    ("battery", AlarmClass.POWER),
    ("reservoir", AlarmClass.RESERVOIR),
    ("before low", AlarmClass.GLUCOSE_LOW),
    ("low sensor glucose", AlarmClass.GLUCOSE_LOW),
    ("high sensor glucose", AlarmClass.GLUCOSE_HIGH),
    ("low glucose", AlarmClass.GLUCOSE_LOW),
    ("high glucose", AlarmClass.GLUCOSE_HIGH),
    ("on low", AlarmClass.GLUCOSE_LOW),
    ("on high", AlarmClass.GLUCOSE_HIGH),
    ("before high", AlarmClass.GLUCOSE_HIGH),
    ("low predicted", AlarmClass.GLUCOSE_LOW),
    ("high predicted", AlarmClass.GLUCOSE_HIGH),
    ("low sg", AlarmClass.GLUCOSE_LOW),
    ("high sg", AlarmClass.GLUCOSE_HIGH),
    ("fall rate", AlarmClass.GLUCOSE_LOW),
    ("rise rate", AlarmClass.GLUCOSE_HIGH),
    ("falling too", AlarmClass.GLUCOSE_LOW),
    ("rising too", AlarmClass.GLUCOSE_HIGH),
    ("glucose level is below", AlarmClass.GLUCOSE_LOW),
    ("cartridge", AlarmClass.RESERVOIR),
    ("always use fingerstick", AlarmClass.REMINDER),
    ("cgm session", AlarmClass.SENSOR),
    ("cgm sensor", AlarmClass.SENSOR),
    ("flow blocked", AlarmClass.DELIVERY),
    ("no delivery", AlarmClass.DELIVERY),
    ("not delivered", AlarmClass.DELIVERY),
    ("delivery", AlarmClass.DELIVERY),
    ("bolus stopped", AlarmClass.DELIVERY),
    ("auto off", AlarmClass.DELIVERY),
    ("pump error", AlarmClass.DELIVERY),
    ("set change", AlarmClass.REMINDER),
    ("reminder", AlarmClass.REMINDER),
    ("missed meal", AlarmClass.REMINDER),
    ("sensor", AlarmClass.SENSOR),
    ("cal ", AlarmClass.SENSOR),
    ("calibrat", AlarmClass.SENSOR),
    ("meter bg", AlarmClass.SENSOR),
    ("signal", AlarmClass.SENSOR),
    ("transmitter", AlarmClass.SENSOR),
    ("bg required", AlarmClass.SENSOR),
)
_CAPITALS = (("Smartguard", "SmartGuard"), (" bg", " BG"), (" sg", " SG"))

#: Paradigm codes whose group the text does not tell (reference therapy-events.md §2.6).
_BY_CODE = {
    "4": AlarmClass.DELIVERY,
    "5": AlarmClass.POWER,
    "6": AlarmClass.DELIVERY,
    "101": AlarmClass.GLUCOSE_HIGH,
    "102": AlarmClass.GLUCOSE_LOW,
    "103": AlarmClass.SENSOR,
    "104": AlarmClass.SENSOR,
    "105": AlarmClass.SENSOR,
    "106": AlarmClass.SENSOR,
    "107": AlarmClass.SENSOR,
    "108": AlarmClass.SENSOR,
    "112": AlarmClass.SENSOR,
    "113": AlarmClass.SENSOR,
    "114": AlarmClass.GLUCOSE_HIGH,
    "115": AlarmClass.GLUCOSE_LOW,
    "116": AlarmClass.GLUCOSE_HIGH,
    "117": AlarmClass.GLUCOSE_LOW,
}


@lru_cache(maxsize=1024)
def class_of_text(text: str) -> AlarmClass:
    """The group of an alarm by its words; ``OTHER`` where they say nothing."""
    folded = f"{text.casefold()} "
    return next((group for word, group in _BY_WORD if word in folded), AlarmClass.OTHER)


def class_of_code(code: str, text: str = "") -> AlarmClass:
    """The group of a Paradigm alarm by its code, else by its words."""
    return _BY_CODE.get(code) or class_of_text(text)


@lru_cache(maxsize=1024)
def readable(text: str) -> str:
    """``LOST SENSOR SIGNAL`` as ``Lost sensor signal``; other capitals stay as they are."""
    text = text.strip()
    if not text.isupper():
        return text
    plain = text.capitalize()
    for wrong, right in _CAPITALS:
        plain = plain.replace(wrong, right)
    return plain
