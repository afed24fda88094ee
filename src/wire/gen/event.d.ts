import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace logical. */
export namespace logical {

    /**
     * Properties of an EventPluginInfo.
     * @deprecated Use logical.EventPluginInfo.$Properties instead.
     */
    interface IEventPluginInfo extends logical.EventPluginInfo.$Properties {
    }

    /** Represents an EventPluginInfo. */
    class EventPluginInfo {

        /**
         * Constructs a new EventPluginInfo.
         * @param [properties] Properties to set
         */
        constructor(properties?: logical.EventPluginInfo.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** EventPluginInfo mount_class. */
        mount_class: string;

        /** EventPluginInfo mount_accessor. */
        mount_accessor: string;

        /** EventPluginInfo mount_path. */
        mount_path: string;

        /** EventPluginInfo plugin. */
        plugin: string;

        /** EventPluginInfo plugin_version. */
        plugin_version: string;

        /** EventPluginInfo version. */
        version: string;

        /**
         * Encodes the specified EventPluginInfo message. Does not implicitly {@link logical.EventPluginInfo.verify|verify} messages.
         * @param message EventPluginInfo message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: logical.EventPluginInfo.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an EventPluginInfo message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {logical.EventPluginInfo & logical.EventPluginInfo.$Shape} EventPluginInfo
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): logical.EventPluginInfo & logical.EventPluginInfo.$Shape;
    }

    namespace EventPluginInfo {

        /** Properties of an EventPluginInfo. */
        interface $Properties {

            /** EventPluginInfo mount_class */
            mount_class?: (string|null);

            /** EventPluginInfo mount_accessor */
            mount_accessor?: (string|null);

            /** EventPluginInfo mount_path */
            mount_path?: (string|null);

            /** EventPluginInfo plugin */
            plugin?: (string|null);

            /** EventPluginInfo plugin_version */
            plugin_version?: (string|null);

            /** EventPluginInfo version */
            version?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an EventPluginInfo. */
        type $Shape = logical.EventPluginInfo.$Properties;
    }

    /**
     * Properties of an EventData.
     * @deprecated Use logical.EventData.$Properties instead.
     */
    interface IEventData extends logical.EventData.$Properties {
    }

    /** Represents an EventData. */
    class EventData {

        /**
         * Constructs a new EventData.
         * @param [properties] Properties to set
         */
        constructor(properties?: logical.EventData.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** EventData id. */
        id: string;

        /** EventData metadata. */
        metadata?: (google.protobuf.Struct.$Properties|null);

        /** EventData entity_ids. */
        entity_ids: string[];

        /** EventData note. */
        note: string;

        /**
         * Encodes the specified EventData message. Does not implicitly {@link logical.EventData.verify|verify} messages.
         * @param message EventData message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: logical.EventData.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an EventData message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {logical.EventData & logical.EventData.$Shape} EventData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): logical.EventData & logical.EventData.$Shape;
    }

    namespace EventData {

        /** Properties of an EventData. */
        interface $Properties {

            /** EventData id */
            id?: (string|null);

            /** EventData metadata */
            metadata?: (google.protobuf.Struct.$Properties|null);

            /** EventData entity_ids */
            entity_ids?: (string[]|null);

            /** EventData note */
            note?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an EventData. */
        type $Shape = {
          id?: string|null;
          metadata?: google.protobuf.Struct.$Shape|null;
          entity_ids?: string[]|null;
          note?: string|null;
          $unknowns?: Uint8Array[];
        };
    }

    /**
     * Properties of an EventReceived.
     * @deprecated Use logical.EventReceived.$Properties instead.
     */
    interface IEventReceived extends logical.EventReceived.$Properties {
    }

    /** Represents an EventReceived. */
    class EventReceived {

        /**
         * Constructs a new EventReceived.
         * @param [properties] Properties to set
         */
        constructor(properties?: logical.EventReceived.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** EventReceived event. */
        event?: (logical.EventData.$Properties|null);

        /** EventReceived namespace. */
        namespace: string;

        /** EventReceived event_type. */
        event_type: string;

        /** EventReceived plugin_info. */
        plugin_info?: (logical.EventPluginInfo.$Properties|null);

        /**
         * Encodes the specified EventReceived message. Does not implicitly {@link logical.EventReceived.verify|verify} messages.
         * @param message EventReceived message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: logical.EventReceived.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an EventReceived message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {logical.EventReceived & logical.EventReceived.$Shape} EventReceived
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): logical.EventReceived & logical.EventReceived.$Shape;
    }

    namespace EventReceived {

        /** Properties of an EventReceived. */
        interface $Properties {

            /** EventReceived event */
            event?: (logical.EventData.$Properties|null);

            /** EventReceived namespace */
            namespace?: (string|null);

            /** EventReceived event_type */
            event_type?: (string|null);

            /** EventReceived plugin_info */
            plugin_info?: (logical.EventPluginInfo.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an EventReceived. */
        type $Shape = {
          event?: logical.EventData.$Shape|null;
          namespace?: string|null;
          event_type?: string|null;
          plugin_info?: logical.EventPluginInfo.$Shape|null;
          $unknowns?: Uint8Array[];
        };
    }
}

/** Namespace google. */
export namespace google {

    /** Namespace protobuf. */
    namespace protobuf {

        /**
         * Properties of a Struct.
         * @deprecated Use google.protobuf.Struct.$Properties instead.
         */
        interface IStruct extends google.protobuf.Struct.$Properties {
        }

        /** Represents a Struct. */
        class Struct {

            /**
             * Constructs a new Struct.
             * @param [properties] Properties to set
             */
            constructor(properties?: google.protobuf.Struct.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Struct fields. */
            fields: { [k: string]: google.protobuf.Value.$Properties };

            /**
             * Encodes the specified Struct message. Does not implicitly {@link google.protobuf.Struct.verify|verify} messages.
             * @param message Struct message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: google.protobuf.Struct.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Struct message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {google.protobuf.Struct & google.protobuf.Struct.$Shape} Struct
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): google.protobuf.Struct & google.protobuf.Struct.$Shape;
        }

        namespace Struct {

            /** Properties of a Struct. */
            interface $Properties {

                /** Struct fields */
                fields?: ({ [k: string]: google.protobuf.Value.$Properties }|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Struct. */
            type $Shape = {
              fields?: { [k: string]: google.protobuf.Value.$Shape }|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a Value.
         * @deprecated Use google.protobuf.Value.$Properties instead.
         */
        interface IValue extends google.protobuf.Value.$Properties {
        }

        /** Represents a Value. */
        class Value {

            /**
             * Constructs a new Value.
             * @param [properties] Properties to set
             */
            constructor(properties?: google.protobuf.Value.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Value nullValue. */
            nullValue?: (google.protobuf.NullValue|null);

            /** Value numberValue. */
            numberValue?: (number|null);

            /** Value stringValue. */
            stringValue?: (string|null);

            /** Value boolValue. */
            boolValue?: (boolean|null);

            /** Value structValue. */
            structValue?: (google.protobuf.Struct.$Properties|null);

            /** Value listValue. */
            listValue?: (google.protobuf.ListValue.$Properties|null);

            /** Value kind. */
            kind?: ("nullValue"|"numberValue"|"stringValue"|"boolValue"|"structValue"|"listValue");

            /**
             * Encodes the specified Value message. Does not implicitly {@link google.protobuf.Value.verify|verify} messages.
             * @param message Value message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: google.protobuf.Value.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Value message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {google.protobuf.Value & google.protobuf.Value.$Shape} Value
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): google.protobuf.Value & google.protobuf.Value.$Shape;
        }

        namespace Value {

            /** Properties of a Value. */
            interface $Properties {

                /** Value nullValue */
                nullValue?: (google.protobuf.NullValue|null);

                /** Value numberValue */
                numberValue?: (number|null);

                /** Value stringValue */
                stringValue?: (string|null);

                /** Value boolValue */
                boolValue?: (boolean|null);

                /** Value structValue */
                structValue?: (google.protobuf.Struct.$Properties|null);

                /** Value listValue */
                listValue?: (google.protobuf.ListValue.$Properties|null);

                /** Value kind */
                kind?: ("nullValue"|"numberValue"|"stringValue"|"boolValue"|"structValue"|"listValue");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Value. */
            type $Shape = {
              nullValue?: google.protobuf.NullValue|null;
              numberValue?: number|null;
              stringValue?: string|null;
              boolValue?: boolean|null;
              structValue?: google.protobuf.Struct.$Shape|null;
              listValue?: google.protobuf.ListValue.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ kind?: undefined; nullValue?: null; numberValue?: null; stringValue?: null; boolValue?: null; structValue?: null; listValue?: null }|{ kind?: "nullValue"; nullValue: google.protobuf.NullValue; numberValue?: null; stringValue?: null; boolValue?: null; structValue?: null; listValue?: null }|{ kind?: "numberValue"; nullValue?: null; numberValue: number; stringValue?: null; boolValue?: null; structValue?: null; listValue?: null }|{ kind?: "stringValue"; nullValue?: null; numberValue?: null; stringValue: string; boolValue?: null; structValue?: null; listValue?: null }|{ kind?: "boolValue"; nullValue?: null; numberValue?: null; stringValue?: null; boolValue: boolean; structValue?: null; listValue?: null }|{ kind?: "structValue"; nullValue?: null; numberValue?: null; stringValue?: null; boolValue?: null; structValue: google.protobuf.Struct.$Shape; listValue?: null }|{ kind?: "listValue"; nullValue?: null; numberValue?: null; stringValue?: null; boolValue?: null; structValue?: null; listValue: google.protobuf.ListValue.$Shape })
            );
        }

        /** NullValue enum. */
        enum NullValue {

            /** NULL_VALUE value */
            NULL_VALUE = 0
        }

        /**
         * Properties of a ListValue.
         * @deprecated Use google.protobuf.ListValue.$Properties instead.
         */
        interface IListValue extends google.protobuf.ListValue.$Properties {
        }

        /** Represents a ListValue. */
        class ListValue {

            /**
             * Constructs a new ListValue.
             * @param [properties] Properties to set
             */
            constructor(properties?: google.protobuf.ListValue.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ListValue values. */
            values: google.protobuf.Value.$Properties[];

            /**
             * Encodes the specified ListValue message. Does not implicitly {@link google.protobuf.ListValue.verify|verify} messages.
             * @param message ListValue message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: google.protobuf.ListValue.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ListValue message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {google.protobuf.ListValue & google.protobuf.ListValue.$Shape} ListValue
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): google.protobuf.ListValue & google.protobuf.ListValue.$Shape;
        }

        namespace ListValue {

            /** Properties of a ListValue. */
            interface $Properties {

                /** ListValue values */
                values?: (google.protobuf.Value.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ListValue. */
            type $Shape = {
              values?: google.protobuf.Value.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }
    }
}
