-- The tables of RMS that a store's view joins, with the columns that matter here. Dates are text in the store's local
-- time. Demo_State is the embedded store's own.
CREATE TABLE Configuration (StoreID INTEGER PRIMARY KEY, StoreName TEXT, TaxSystem INTEGER NOT NULL);
CREATE TABLE Department (ID INTEGER PRIMARY KEY, Name TEXT NOT NULL);
CREATE TABLE Category (ID INTEGER PRIMARY KEY, DepartmentID INTEGER NOT NULL, Name TEXT NOT NULL);
CREATE TABLE Supplier (ID INTEGER PRIMARY KEY, SupplierName TEXT NOT NULL);
CREATE TABLE Tax (ID INTEGER PRIMARY KEY, Description TEXT, Percentage REAL NOT NULL);
CREATE TABLE Linea (ID INTEGER PRIMARY KEY, Genero TEXT, ExtendedCategory TEXT);

CREATE TABLE Item (
    ID INTEGER PRIMARY KEY,
    ItemLookupCode TEXT NOT NULL,
    Description TEXT,
    SubDescription1 TEXT,
    SubDescription2 TEXT,
    SubDescription3 TEXT,
    DepartmentID INTEGER,
    CategoryID INTEGER,
    SupplierID INTEGER,
    LineaID INTEGER,
    TaxID INTEGER,
    ItemType INTEGER NOT NULL DEFAULT 0,
    Price REAL,
    SalePrice REAL,
    Cost REAL,
    SaleType INTEGER NOT NULL DEFAULT 0,
    SaleStartDate DATETIME,
    SaleEndDate DATETIME,
    Quantity REAL NOT NULL DEFAULT 0,
    QuantityCommitted REAL NOT NULL DEFAULT 0,
    Weight REAL,
    Inactive BIT NOT NULL DEFAULT 0,
    WebItem BIT NOT NULL DEFAULT 1,
    ItemCannotBeSold BIT NOT NULL DEFAULT 0,
    DateCreated DATETIME,
    LastUpdated DATETIME NOT NULL,
    DBTimeStamp INTEGER NOT NULL
);
CREATE TABLE Alias (ItemID INTEGER PRIMARY KEY, Alias TEXT NOT NULL);
CREATE TABLE Bodega57 (ItemID INTEGER PRIMARY KEY, Quantity REAL NOT NULL);

CREATE TABLE Demo_State (Name TEXT PRIMARY KEY, Value);

CREATE VIEW View_Items AS
SELECT
    i.ID AS ItemID,
    i.ItemLookupCode AS C_ARTICULO,
    i.Description AS Description,
    i.Price AS Price,
    i.Quantity AS Quantity,
    d.Name AS Familia,
    c.Name AS Categoria,
    i.SubDescription2 AS color,
    i.SubDescription3 AS talla,
    i.SubDescription1 AS CCOD,
    i.SalePrice AS SalePrice,
    i.SaleStartDate AS SaleStartDate,
    i.SaleEndDate AS SaleEndDate,
    l.ExtendedCategory AS ExtendedCategory,
    t.Percentage AS Tax,
    i.Quantity AS Exis00,
    coalesce(b.Quantity, 0) AS Exis57,
    l.Genero AS Genero,
    a.Alias AS UPC,
    i.Weight AS Weight,
    s.SupplierName AS Manufacturer
FROM Item AS i
LEFT JOIN Department AS d ON d.ID = i.DepartmentID
LEFT JOIN Category AS c ON c.ID = i.CategoryID
LEFT JOIN Supplier AS s ON s.ID = i.SupplierID
LEFT JOIN Linea AS l ON l.ID = i.LineaID
LEFT JOIN Tax AS t ON t.ID = i.TaxID
LEFT JOIN Bodega57 AS b ON b.ItemID = i.ID
LEFT JOIN Alias AS a ON a.ItemID = i.ID
WHERE i.ItemType = 0;
