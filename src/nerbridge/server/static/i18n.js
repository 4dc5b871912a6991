/* Every word of the interface, in both languages. `{n}` and the like are filled in. */

export const STRINGS = {
  en: {
    skip: "Skip to the text",
    tabs: "Pages",
    tabText: "Text",
    tabReport: "Experiment",
    model: "Model",
    language: "Language",
    themeAuto: "Colours: as the system",
    themeLight: "Colours: light",
    themeDark: "Colours: dark",
    title: "Names in Assamese text",
    lead: "People, places and organisations, marked as you type.",
    textLabel: "Text",
    placeholder: "Type or paste Assamese text, or drop a file (PDF, Word, HTML, plain text) …",
    marked: "The text with its names marked",
    open: "Open a file",
    clear: "Clear",
    drop: "Drop the file here",
    hint: "To correct, select words or click a mark.",
    samples: "Or begin with an example",
    sampleNews: "News",
    sampleLetter: "Letter to an office",
    sampleChat: "Chat",
    found: "What was found",
    types: "Show types",
    least: "Minimum score",
    list: "All names",
    listEntry: "{text}, {type}, {n} times: go there",
    listEntryOne: "{text}, {type}: go there",
    nothing: "No name found.",
    nothingShown: "None with these types and this score.",
    count: "{n} names",
    countOne: "1 name",
    countNone: "No names",
    countLive: "{n} names found",
    countLiveOne: "1 name found",
    countLiveNone: "no names found",
    words: "{n} words",
    wordsOne: "1 word",
    reading: "reading …",
    readingFile: "Reading {name} …",
    take: "Export",
    format: "Format",
    copy: "Copy",
    copied: "Copied",
    copyFailed: "The browser did not allow copying. Download it instead.",
    download: "Download",
    training: "Training data",
    trainingNone: "Correct something, then take the corrected sentences to train a better model.",
    trainingSome: "Corrections: {n}, in {m} sentences. nerbridge run reads the file.",
    trainingSomeOne: "Corrections: {n}, in 1 sentence. nerbridge run reads the file.",
    correctedOnly: "Corrected sentences",
    allSentences: "All sentences",
    discard: "Discard all corrections",
    chip: "{text}: {type}, score {score}. Correct it",
    chipCorrected: "{text}: {type}, marked by you. Correct it",
    chipRemoved: "{text}: mark removed by you. Change it",
    removed: "removed",
    byHand: "by you",
    choose: "What is “{text}”?",
    selected: "Selected: {text}. Press Tab to choose its type.",
    remove: "No name",
    undo: "As it was",
    done: "{text}: {type}",
    doneRemoved: "{text}: mark removed",
    close: "Close",
    cancel: "Cancel",
    retry: "Try again",
    dismiss: "Hide",
    away: "The server does not answer. Your text is still here; it is read as soon as the server is back.",
    busy: "The server is busy. Trying again in {n} s.",
    busyNow: "The server is busy. Try again in a moment.",
    awayFile: "The server did not take this file: it does not answer, or the file is too large for it.",
    long: "This is longer than the server takes in one piece. Shorten it, or use nerbridge tag.",
    gone: "The server does not know this.",
    refused: "The server could not read this.",
    failed: "Something went wrong in the server.",
    details: "It says:",
    unread: "The browser could not read this file.",
    tokenTitle: "This server asks for a token",
    tokenWhy: "Whoever runs the server has it. It is kept until this tab is closed.",
    token: "Token",
    tokenUse: "Use it",
    tokenWrong: "The server did not accept this token.",
    tokenUnfit: "A token has Latin letters, digits and common signs only. Type it, or copy it again.",
    tokenNeeded: "Without its token this server reads nothing.",
    tokenEnter: "Enter the token",
    cardTitle: "The model {name}",
    cardNone: "This model has no card.",
    factTypes: "Types",
    factLanguages: "Languages",
    factSize: "Size",
    factLicense: "Licence",
    factScores: "Scores (strict F1)",
    useModel: "Tag with this model",
    reportTitle: "Report of the experiment",
    reportNone: "No report here",
    reportHow: "Start the server with a run’s report to see it on this page:",
    reportSave: "The report is behind the server’s token, which a frame cannot carry. Save it and open it instead.",
    saveReport: "Save the report",
    "type.PER": "Person",
    "type.ORG": "Organisation",
    "type.LOC": "Place",
    "short.PER": "person",
    "short.ORG": "org",
    "short.LOC": "place",
  },
  as: {
    skip: "লেখাটোলৈ যাওক",
    tabs: "পৃষ্ঠাসমূহ",
    tabText: "লেখা",
    tabReport: "পৰীক্ষা",
    model: "মডেল",
    language: "ভাষা",
    themeAuto: "ৰং: ব্যৱস্থাটোৰ দৰে",
    themeLight: "ৰং: পোহৰ",
    themeDark: "ৰং: আন্ধাৰ",
    title: "অসমীয়া লেখাত থকা নাম",
    lead: "লিখি থাকোঁতেই ব্যক্তি, ঠাই আৰু সংস্থাৰ নামবোৰ চিহ্নিত হয়।",
    textLabel: "লেখা",
    placeholder: "ইয়াত অসমীয়া লেখা টাইপ বা পেষ্ট কৰক, নাইবা এটা ফাইল (PDF, Word, HTML, টেক্সট) আনি এৰি দিয়ক …",
    marked: "নামবোৰ চিহ্নিত কৰা লেখা",
    open: "ফাইল খোলক",
    clear: "মচি পেলাওক",
    drop: "ফাইলটো ইয়াত এৰি দিয়ক",
    hint: "শুধৰাবলৈ শব্দ বাছনি কৰক বা চিহ্নত ক্লিক কৰক।",
    samples: "নাইবা এটা উদাহৰণেৰে আৰম্ভ কৰক",
    sampleNews: "বাতৰি",
    sampleLetter: "কাৰ্যালয়লৈ চিঠি",
    sampleChat: "আড্ডা",
    found: "যি পোৱা গ'ল",
    types: "কোনবোৰ দেখুওৱা হ'ব",
    least: "ন্যূনতম স্ক'ৰ",
    list: "আটাইবোৰ নাম",
    listEntry: "{text}, {type}, {n} বাৰ: তালৈ যাওক",
    listEntryOne: "{text}, {type}: তালৈ যাওক",
    nothing: "কোনো নাম পোৱা নগ'ল।",
    nothingShown: "এই প্ৰকাৰ আৰু স্ক'ৰত একো নাই।",
    count: "{n}টা নাম",
    countOne: "{n}টা নাম",
    countNone: "কোনো নাম নাই",
    countLive: "{n}টা নাম পোৱা গ'ল",
    countLiveOne: "{n}টা নাম পোৱা গ'ল",
    countLiveNone: "কোনো নাম পোৱা নগ'ল",
    words: "{n}টা শব্দ",
    wordsOne: "{n}টা শব্দ",
    reading: "পঢ়ি আছে …",
    readingFile: "{name} পঢ়ি আছে …",
    take: "লৈ যাওক",
    format: "ফৰ্মেট",
    copy: "কপি কৰক",
    copied: "কপি হ'ল",
    copyFailed: "ব্ৰাউজাৰে কপি কৰিবলৈ নিদিলে। তাৰ সলনি ডাউনল'ড কৰক।",
    download: "ডাউনল'ড",
    training: "প্ৰশিক্ষণৰ বাবে তথ্য",
    trainingNone: "কিবা ভুল থাকিলে শুধৰাওক; তাৰ পিছত শুধৰোৱা বাক্যবোৰ লৈ গৈ মডেলটো উন্নত কৰিব পাৰিব।",
    trainingSome: "সংশোধন: {n}টা, {m}টা বাক্যত। ফাইলটো nerbridge run-এ পঢ়িব পাৰে।",
    trainingSomeOne: "সংশোধন: {n}টা, {m}টা বাক্যত। ফাইলটো nerbridge run-এ পঢ়িব পাৰে।",
    correctedOnly: "শুধৰোৱা বাক্য",
    allSentences: "আটাইবোৰ বাক্য",
    discard: "আটাইবোৰ সংশোধন বাতিল কৰক",
    chip: "{text}: {type}, স্ক'ৰ {score}। শুধৰাওক",
    chipCorrected: "{text}: {type}, আপুনি চিহ্নিত কৰা। শুধৰাওক",
    chipRemoved: "{text}: চিহ্ন আপুনি আঁতৰাইছে। সলনি কৰক",
    removed: "আঁতৰোৱা হ'ল",
    byHand: "আপোনাৰ",
    choose: "“{text}” কি?",
    selected: "বাছনি কৰা হ'ল: {text}। প্ৰকাৰ বাছিবলৈ Tab টিপক।",
    remove: "নাম নহয়",
    undo: "আগৰ দৰে",
    done: "{text}: {type}",
    doneRemoved: "{text}: চিহ্ন আঁতৰোৱা হ'ল",
    close: "বন্ধ কৰক",
    cancel: "বাতিল",
    retry: "আকৌ চেষ্টা কৰক",
    dismiss: "লুকুৱাওক",
    away: "চাৰ্ভাৰটোৱে সঁহাৰি দিয়া নাই। আপোনাৰ লেখা ইয়াতেই আছে; চাৰ্ভাৰ ঘূৰি অহাৰ লগে লগে পঢ়া হ'ব।",
    busy: "চাৰ্ভাৰটো এতিয়া ব্যস্ত। {n} ছেকেণ্ডৰ পিছত আকৌ চেষ্টা কৰা হ'ব।",
    busyNow: "চাৰ্ভাৰটো এতিয়া ব্যস্ত। অলপ পিছত আকৌ চেষ্টা কৰক।",
    awayFile: "চাৰ্ভাৰটোৱে ফাইলটো নল'লে: সঁহাৰি দিয়া নাই, নাইবা ফাইলটো বৰ ডাঙৰ।",
    long: "চাৰ্ভাৰটোৱে একেলগে ল'ব পৰাতকৈ এইটো দীঘল। চুটি কৰক, নাইবা nerbridge tag ব্যৱহাৰ কৰক।",
    gone: "চাৰ্ভাৰটোত এইটো নাই।",
    refused: "চাৰ্ভাৰটোৱে এইটো পঢ়িব নোৱাৰিলে।",
    failed: "চাৰ্ভাৰটোত কিবা এটা গণ্ডগোল হ'ল।",
    details: "চাৰ্ভাৰৰ কথা:",
    unread: "ব্ৰাউজাৰে এই ফাইলটো পঢ়িব নোৱাৰিলে।",
    tokenTitle: "এই চাৰ্ভাৰত টোকেন লাগে",
    tokenWhy: "চাৰ্ভাৰটো যিয়ে চলায়, তেওঁৰ ওচৰত টোকেনটো পাব। এই টেবটো বন্ধ নকৰালৈকে ই মনত থাকিব।",
    token: "টোকেন",
    tokenUse: "ব্যৱহাৰ কৰক",
    tokenWrong: "চাৰ্ভাৰটোৱে এই টোকেন গ্ৰহণ নকৰিলে।",
    tokenUnfit: "টোকেনত কেৱল ৰোমান আখৰ, সংখ্যা আৰু সাধাৰণ চিন থাকে। টাইপ কৰক, নাইবা আকৌ কপি কৰক।",
    tokenNeeded: "টোকেন নহ'লে এই চাৰ্ভাৰে একো নপঢ়ে।",
    tokenEnter: "টোকেন দিয়ক",
    cardTitle: "মডেল {name}",
    cardNone: "এই মডেলটোৰ কোনো বিৱৰণ নাই।",
    factTypes: "প্ৰকাৰ",
    factLanguages: "ভাষা",
    factSize: "আকাৰ",
    factLicense: "অনুজ্ঞাপত্ৰ",
    factScores: "স্ক'ৰ (কঠোৰ F1)",
    useModel: "এই মডেলেৰে পঢ়ক",
    reportTitle: "পৰীক্ষাৰ প্ৰতিবেদন",
    reportNone: "ইয়াত কোনো প্ৰতিবেদন নাই",
    reportHow: "পৰীক্ষাৰ প্ৰতিবেদন ইয়াত চাবলৈ চাৰ্ভাৰটো এনেদৰে আৰম্ভ কৰক:",
    reportSave: "প্ৰতিবেদনখন চাৰ্ভাৰৰ টোকেনেৰে সুৰক্ষিত, সেয়ে ইয়াত দেখুৱাব নোৱাৰি। ডাউনল'ড কৰি খুলি চাওক।",
    saveReport: "প্ৰতিবেদন ডাউনল'ড কৰক",
    "type.PER": "ব্যক্তি",
    "type.ORG": "সংস্থা",
    "type.LOC": "ঠাই",
    "short.PER": "ব্যক্তি",
    "short.ORG": "সংস্থা",
    "short.LOC": "ঠাই",
  },
};

/* What the server notices about a text it says in English. As with gettext that is the key, here by
   how it begins, as models differ in the script they read; what is not here stays English. */
const NOTICES_AS = [
  [
    /^This looks like Assamese in Latin letters;/,
    "এইটো ৰোমান আখৰত লিখা অসমীয়া যেন লাগিছে। মডেলটোৱে ৰোমান আখৰ নপঢ়ে, সেয়ে বেছিভাগ নাম ধৰিব নোৱাৰিব। আগতে অসমীয়া আখৰত লিখি লওক।",
  ],
  [
    /^This is mostly in Latin letters,/,
    "এই লেখাৰ বেছিভাগেই ৰোমান আখৰত, যেনে ইংৰাজী। মডেলটোৱে ৰোমান আখৰ নপঢ়ে, সেয়ে বেছিভাগ নাম ধৰিব নোৱাৰিব।",
  ],
  [
    /^This is mostly in \S+ script;/,
    "এই লেখাৰ বেছিভাগেই আন এটা লিপিত। মডেলটোক এই লিপি শিকোৱা হোৱা নাই।",
  ],
];

const DIGITS = "০১২৩৪৫৬৭৮৯";

let current = "en";

export function setLanguage(lang) {
  current = lang;
  document.documentElement.lang = lang;
  for (const element of document.querySelectorAll("[data-i18n]")) {
    element.textContent = t(element.dataset.i18n);
  }
  for (const element of document.querySelectorAll("[data-i18n-label]")) {
    element.setAttribute("aria-label", t(element.dataset.i18nLabel));
  }
  for (const element of document.querySelectorAll("[data-i18n-placeholder]")) {
    element.placeholder = t(element.dataset.i18nPlaceholder);
  }
}

export function language() {
  return current;
}

/* A string of the interface. */
export function t(key, values = {}) {
  const pattern = STRINGS[current][key] ?? STRINGS.en[key] ?? key;
  return pattern.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/* A string about a number of things: `key`, or `keyOne` for one. */
export function tCount(key, n, values = {}) {
  return t(n === 1 ? `${key}One` : key, { n: number(n), ...values });
}

/* A notice of the server, and the language it is shown in. */
export function noticeText(notice) {
  const known = current === "as" && NOTICES_AS.find(([start]) => start.test(notice));
  return known ? { text: known[1], lang: "as" } : { text: notice, lang: "en" };
}

/* A number as the language writes it. */
export function number(value, digits = 0) {
  const text = value.toLocaleString("en-IN", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return current === "as" ? text.replace(/\d/g, (digit) => DIGITS[digit]) : text;
}

/* What an entity type is called; one that the page does not know is called as the model calls it. */
export function typeName(type) {
  return Object.hasOwn(STRINGS.en, `type.${type}`) ? t(`type.${type}`) : type;
}

export function shortTypeName(type) {
  return Object.hasOwn(STRINGS.en, `short.${type}`) ? t(`short.${type}`) : type;
}
