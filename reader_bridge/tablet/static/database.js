// The tablet's database (IndexedDB): touches, when each run began by the server's clock, who was kept last, notes.
// A write is done when it is on the disk ("strict"), and several open pages take turns by themselves.
const NAME = "genba-gate";
const VERSION = 1;
let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => {
      const touches = asked.result.createObjectStore("touches", { keyPath: "seq", autoIncrement: true });
      touches.createIndex("id", "id", { unique: true });
      touches.createIndex("state", "state");
      touches.createIndex("wall_ms", "wall_ms");
      asked.result.createObjectStore("kept", { keyPath: "who" });
      asked.result.createObjectStore("boots", { keyPath: "boot_id" });
      asked.result.createObjectStore("notes");
    };
    asked.onsuccess = () => {
      asked.result.onclose = () => { opening = null; };
      asked.result.onversionchange = () => { asked.result.close(); opening = null; };
      resolve(asked.result);
    };
    asked.onerror = () => { opening = null; reject(asked.error); };
  });
  return opening;
}

export function of(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function once(mode, names, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(names, mode, mode === "readwrite" ? { durability: "strict" } : {});
    let result;
    let failure = null;
    transaction.oncomplete = () => resolve(result);
    transaction.onabort = () => reject(failure ?? transaction.error ?? new Error("aborted"));
    const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
    work(stores).then((value) => { result = value; }, (error) => {
      failure = error;
      try {
        transaction.abort();
      } catch {
        reject(error); // it had ended by itself
      }
    });
  });
}

// iOS now and then loses the connection of a page that was asleep: then it is opened anew, and tried once more.
async function run(mode, names, work) {
  try {
    return await once(mode, names, work);
  } catch (error) {
    if (!["InvalidStateError", "UnknownError"].includes(error?.name)) throw error;
    opening = null;
    return once(mode, names, work);
  }
}

export const read = (names, work) => run("readonly", names, work);
export const write = (names, work) => run("readwrite", names, work);

export const note = (name) => read(["notes"], ({ notes }) => of(notes.get(name)));
export const keepNote = (name, value) => write(["notes"], ({ notes }) => of(notes.put(value, name)));
