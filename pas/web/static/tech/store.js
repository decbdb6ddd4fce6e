// All that the device keeps, in IndexedDB: notes, photos, and what was taken along. What is not here is not saved.

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

/** @returns {Promise<IDBDatabase>} */
function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("pas-tech", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("notes", { keyPath: "id" });
      asked.result.createObjectStore("photos", { keyPath: "id" }).createIndex("note", "note");
      asked.result.createObjectStore("kept", { keyPath: "key" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

/**
 * Do something in one transaction; it is done when the transaction is, not before.
 * @template T
 * @param {string[]} stores
 * @param {IDBTransactionMode} mode
 * @param {(transaction: IDBTransaction) => IDBRequest<T> | void} work
 * @returns {Promise<T>}
 */
async function within(stores, mode, work) {
  const transaction = (await database()).transaction(stores, mode, { durability: "strict" });
  return new Promise((resolve, reject) => {
    /** @type {IDBRequest<T> | void} */
    let asked;
    transaction.oncomplete = () => resolve(/** @type {T} */ (asked ? asked.result : undefined));
    transaction.onabort = () => reject(transaction.error);
    asked = work(transaction);
  });
}

/** @param {import("./queue.js").Note} note */
export function putNote(note) {
  return within(["notes"], "readwrite", (transaction) => transaction.objectStore("notes").put(note));
}

/** @param {string} id */
export function getNote(id) {
  return within(["notes"], "readonly", (transaction) => transaction.objectStore("notes").get(id));
}

/** @returns {Promise<import("./queue.js").Note[]>} */
export function allNotes() {
  return within(["notes"], "readonly", (transaction) => transaction.objectStore("notes").getAll());
}

/**
 * Let a note go, with its photos.
 * @param {string} id
 */
export function dropNote(id) {
  return within(["notes", "photos"], "readwrite", (transaction) => {
    transaction.objectStore("notes").delete(id);
    dropPhotosIn(transaction, id);
  });
}

/**
 * Keep that a note has arrived, and let its photos go, both or neither.
 * @param {import("./queue.js").Note} note
 */
export function noteArrived(note) {
  return within(["notes", "photos"], "readwrite", (transaction) => {
    transaction.objectStore("notes").put(note);
    dropPhotosIn(transaction, note.id);
  });
}

/**
 * @param {IDBTransaction} transaction
 * @param {string} note
 */
function dropPhotosIn(transaction, note) {
  const cursor = transaction.objectStore("photos").index("note").openKeyCursor(IDBKeyRange.only(note));
  cursor.onsuccess = () => {
    if (!cursor.result) return;
    transaction.objectStore("photos").delete(cursor.result.primaryKey);
    cursor.result.continue();
  };
}

/** @param {{id: string, note: string, component: string, sha256: string, sent: boolean, blob: Blob}} photo */
export function putPhoto(photo) {
  return within(["photos"], "readwrite", (transaction) => transaction.objectStore("photos").put(photo));
}

/** @param {string} id */
export function dropPhoto(id) {
  return within(["photos"], "readwrite", (transaction) => transaction.objectStore("photos").delete(id));
}

/**
 * @param {string} note
 * @returns {Promise<{id: string, note: string, component: string, sha256: string, sent: boolean, blob: Blob}[]>}
 */
export function photosOf(note) {
  return within(["photos"], "readonly", (transaction) => transaction.objectStore("photos").index("note").getAll(note));
}

/**
 * @param {string} key
 * @param {unknown} value
 */
export function keep(key, value) {
  return within(["kept"], "readwrite", (transaction) => transaction.objectStore("kept").put({ key, value }));
}

/** @param {string} key */
export async function kept(key) {
  const found = await within(["kept"], "readonly", (transaction) => transaction.objectStore("kept").get(key));
  return found ? found.value : undefined;
}

/**
 * Tell whether an error means that the device has no room left.
 * @param {unknown} error
 */
export function isFull(error) {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}
