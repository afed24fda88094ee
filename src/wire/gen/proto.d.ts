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

/** Namespace carillon. */
export namespace carillon {

    /** Namespace v1. */
    namespace v1 {

        /**
         * Properties of a ServerMessage.
         * @deprecated Use carillon.v1.ServerMessage.$Properties instead.
         */
        interface IServerMessage extends carillon.v1.ServerMessage.$Properties {
        }

        /** Represents a ServerMessage. */
        class ServerMessage {

            /**
             * Constructs a new ServerMessage.
             * @param [properties] Properties to set
             */
            constructor(properties?: carillon.v1.ServerMessage.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ServerMessage hello. */
            hello?: (carillon.v1.Hello.$Properties|null);

            /** ServerMessage events. */
            events?: (carillon.v1.Events.$Properties|null);

            /** ServerMessage gap. */
            gap?: (carillon.v1.Gap.$Properties|null);

            /** ServerMessage goodbye. */
            goodbye?: (carillon.v1.Goodbye.$Properties|null);

            /** ServerMessage message. */
            message?: ("hello"|"events"|"gap"|"goodbye");

            /**
             * Encodes the specified ServerMessage message. Does not implicitly {@link carillon.v1.ServerMessage.verify|verify} messages.
             * @param message ServerMessage message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: carillon.v1.ServerMessage.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ServerMessage message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {carillon.v1.ServerMessage & carillon.v1.ServerMessage.$Shape} ServerMessage
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): carillon.v1.ServerMessage & carillon.v1.ServerMessage.$Shape;
        }

        namespace ServerMessage {

            /** Properties of a ServerMessage. */
            interface $Properties {

                /** ServerMessage hello */
                hello?: (carillon.v1.Hello.$Properties|null);

                /** ServerMessage events */
                events?: (carillon.v1.Events.$Properties|null);

                /** ServerMessage gap */
                gap?: (carillon.v1.Gap.$Properties|null);

                /** ServerMessage goodbye */
                goodbye?: (carillon.v1.Goodbye.$Properties|null);

                /** ServerMessage message */
                message?: ("hello"|"events"|"gap"|"goodbye");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a ServerMessage. */
            type $Shape = {
              hello?: carillon.v1.Hello.$Shape|null;
              events?: carillon.v1.Events.$Shape|null;
              gap?: carillon.v1.Gap.$Shape|null;
              goodbye?: carillon.v1.Goodbye.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ message?: undefined; hello?: null; events?: null; gap?: null; goodbye?: null }|{ message?: "hello"; hello: carillon.v1.Hello.$Shape; events?: null; gap?: null; goodbye?: null }|{ message?: "events"; hello?: null; events: carillon.v1.Events.$Shape; gap?: null; goodbye?: null }|{ message?: "gap"; hello?: null; events?: null; gap: carillon.v1.Gap.$Shape; goodbye?: null }|{ message?: "goodbye"; hello?: null; events?: null; gap?: null; goodbye: carillon.v1.Goodbye.$Shape })
            );
        }

        /**
         * Properties of a Hello.
         * @deprecated Use carillon.v1.Hello.$Properties instead.
         */
        interface IHello extends carillon.v1.Hello.$Properties {
        }

        /** Represents a Hello. */
        class Hello {

            /**
             * Constructs a new Hello.
             * @param [properties] Properties to set
             */
            constructor(properties?: carillon.v1.Hello.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Hello cursor. */
            cursor: string;

            /** Hello resumed. */
            resumed: boolean;

            /** Hello gap. */
            gap?: (carillon.v1.Gap.$Properties|null);

            /** Hello credit. */
            credit: number;

            /** Hello ack_timeout_ms. */
            ack_timeout_ms: number;

            /** Hello heartbeats. */
            heartbeats: boolean;

            /** Hello spread_ms. */
            spread_ms: number;

            /** Hello lease. */
            lease: string;

            /**
             * Encodes the specified Hello message. Does not implicitly {@link carillon.v1.Hello.verify|verify} messages.
             * @param message Hello message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: carillon.v1.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Hello message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {carillon.v1.Hello & carillon.v1.Hello.$Shape} Hello
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): carillon.v1.Hello & carillon.v1.Hello.$Shape;
        }

        namespace Hello {

            /** Properties of a Hello. */
            interface $Properties {

                /** Hello cursor */
                cursor?: (string|null);

                /** Hello resumed */
                resumed?: (boolean|null);

                /** Hello gap */
                gap?: (carillon.v1.Gap.$Properties|null);

                /** Hello credit */
                credit?: (number|null);

                /** Hello ack_timeout_ms */
                ack_timeout_ms?: (number|null);

                /** Hello heartbeats */
                heartbeats?: (boolean|null);

                /** Hello spread_ms */
                spread_ms?: (number|null);

                /** Hello lease */
                lease?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Hello. */
            type $Shape = carillon.v1.Hello.$Properties;
        }

        /**
         * Properties of an Events.
         * @deprecated Use carillon.v1.Events.$Properties instead.
         */
        interface IEvents extends carillon.v1.Events.$Properties {
        }

        /** Represents an Events. */
        class Events {

            /**
             * Constructs a new Events.
             * @param [properties] Properties to set
             */
            constructor(properties?: carillon.v1.Events.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Events events. */
            events: carillon.v1.Event.$Properties[];

            /** Events acknowledge. */
            acknowledge: boolean;

            /**
             * Encodes the specified Events message. Does not implicitly {@link carillon.v1.Events.verify|verify} messages.
             * @param message Events message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: carillon.v1.Events.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Events message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {carillon.v1.Events & carillon.v1.Events.$Shape} Events
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): carillon.v1.Events & carillon.v1.Events.$Shape;
        }

        namespace Events {

            /** Properties of an Events. */
            interface $Properties {

                /** Events events */
                events?: (carillon.v1.Event.$Properties[]|null);

                /** Events acknowledge */
                acknowledge?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Events. */
            type $Shape = {
              events?: carillon.v1.Event.$Shape[]|null;
              acknowledge?: boolean|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of an Event.
         * @deprecated Use carillon.v1.Event.$Properties instead.
         */
        interface IEvent extends carillon.v1.Event.$Properties {
        }

        /** Represents an Event. */
        class Event {

            /**
             * Constructs a new Event.
             * @param [properties] Properties to set
             */
            constructor(properties?: carillon.v1.Event.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Event cursor. */
            cursor: string;

            /** Event source. */
            source: string;

            /** Event time. */
            time: string;

            /** Event received. */
            received?: (logical.EventReceived.$Properties|null);

            /**
             * Encodes the specified Event message. Does not implicitly {@link carillon.v1.Event.verify|verify} messages.
             * @param message Event message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: carillon.v1.Event.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Event message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {carillon.v1.Event & carillon.v1.Event.$Shape} Event
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): carillon.v1.Event & carillon.v1.Event.$Shape;
        }

        namespace Event {

            /** Properties of an Event. */
            interface $Properties {

                /** Event cursor */
                cursor?: (string|null);

                /** Event source */
                source?: (string|null);

                /** Event time */
                time?: (string|null);

                /** Event received */
                received?: (logical.EventReceived.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Event. */
            type $Shape = {
              cursor?: string|null;
              source?: string|null;
              time?: string|null;
              received?: logical.EventReceived.$Shape|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a Gap.
         * @deprecated Use carillon.v1.Gap.$Properties instead.
         */
        interface IGap extends carillon.v1.Gap.$Properties {
        }

        /** Represents a Gap. */
        class Gap {

            /**
             * Constructs a new Gap.
             * @param [properties] Properties to set
             */
            constructor(properties?: carillon.v1.Gap.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Gap reason. */
            reason: string;

            /** Gap cursor. */
            cursor: string;

            /**
             * Encodes the specified Gap message. Does not implicitly {@link carillon.v1.Gap.verify|verify} messages.
             * @param message Gap message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: carillon.v1.Gap.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Gap message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {carillon.v1.Gap & carillon.v1.Gap.$Shape} Gap
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): carillon.v1.Gap & carillon.v1.Gap.$Shape;
        }

        namespace Gap {

            /** Properties of a Gap. */
            interface $Properties {

                /** Gap reason */
                reason?: (string|null);

                /** Gap cursor */
                cursor?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Gap. */
            type $Shape = carillon.v1.Gap.$Properties;
        }

        /**
         * Properties of a Goodbye.
         * @deprecated Use carillon.v1.Goodbye.$Properties instead.
         */
        interface IGoodbye extends carillon.v1.Goodbye.$Properties {
        }

        /** Represents a Goodbye. */
        class Goodbye {

            /**
             * Constructs a new Goodbye.
             * @param [properties] Properties to set
             */
            constructor(properties?: carillon.v1.Goodbye.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Goodbye reason. */
            reason: string;

            /** Goodbye reconnect. */
            reconnect: boolean;

            /** Goodbye after_ms. */
            after_ms: number;

            /**
             * Encodes the specified Goodbye message. Does not implicitly {@link carillon.v1.Goodbye.verify|verify} messages.
             * @param message Goodbye message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: carillon.v1.Goodbye.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Goodbye message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {carillon.v1.Goodbye & carillon.v1.Goodbye.$Shape} Goodbye
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): carillon.v1.Goodbye & carillon.v1.Goodbye.$Shape;
        }

        namespace Goodbye {

            /** Properties of a Goodbye. */
            interface $Properties {

                /** Goodbye reason */
                reason?: (string|null);

                /** Goodbye reconnect */
                reconnect?: (boolean|null);

                /** Goodbye after_ms */
                after_ms?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Goodbye. */
            type $Shape = carillon.v1.Goodbye.$Properties;
        }

        /**
         * Properties of a ClientMessage.
         * @deprecated Use carillon.v1.ClientMessage.$Properties instead.
         */
        interface IClientMessage extends carillon.v1.ClientMessage.$Properties {
        }

        /** Represents a ClientMessage. */
        class ClientMessage {

            /**
             * Constructs a new ClientMessage.
             * @param [properties] Properties to set
             */
            constructor(properties?: carillon.v1.ClientMessage.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ClientMessage ack. */
            ack?: (carillon.v1.Ack.$Properties|null);

            /** ClientMessage credit. */
            credit?: (carillon.v1.Credit.$Properties|null);

            /** ClientMessage message. */
            message?: ("ack"|"credit");

            /**
             * Encodes the specified ClientMessage message. Does not implicitly {@link carillon.v1.ClientMessage.verify|verify} messages.
             * @param message ClientMessage message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: carillon.v1.ClientMessage.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ClientMessage message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {carillon.v1.ClientMessage & carillon.v1.ClientMessage.$Shape} ClientMessage
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): carillon.v1.ClientMessage & carillon.v1.ClientMessage.$Shape;
        }

        namespace ClientMessage {

            /** Properties of a ClientMessage. */
            interface $Properties {

                /** ClientMessage ack */
                ack?: (carillon.v1.Ack.$Properties|null);

                /** ClientMessage credit */
                credit?: (carillon.v1.Credit.$Properties|null);

                /** ClientMessage message */
                message?: ("ack"|"credit");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a ClientMessage. */
            type $Shape = {
              ack?: carillon.v1.Ack.$Shape|null;
              credit?: carillon.v1.Credit.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ message?: undefined; ack?: null; credit?: null }|{ message?: "ack"; ack: carillon.v1.Ack.$Shape; credit?: null }|{ message?: "credit"; ack?: null; credit: carillon.v1.Credit.$Shape })
            );
        }

        /**
         * Properties of an Ack.
         * @deprecated Use carillon.v1.Ack.$Properties instead.
         */
        interface IAck extends carillon.v1.Ack.$Properties {
        }

        /** Represents an Ack. */
        class Ack {

            /**
             * Constructs a new Ack.
             * @param [properties] Properties to set
             */
            constructor(properties?: carillon.v1.Ack.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Ack cursor. */
            cursor: string;

            /**
             * Encodes the specified Ack message. Does not implicitly {@link carillon.v1.Ack.verify|verify} messages.
             * @param message Ack message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: carillon.v1.Ack.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Ack message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {carillon.v1.Ack & carillon.v1.Ack.$Shape} Ack
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): carillon.v1.Ack & carillon.v1.Ack.$Shape;
        }

        namespace Ack {

            /** Properties of an Ack. */
            interface $Properties {

                /** Ack cursor */
                cursor?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Ack. */
            type $Shape = carillon.v1.Ack.$Properties;
        }

        /**
         * Properties of a Credit.
         * @deprecated Use carillon.v1.Credit.$Properties instead.
         */
        interface ICredit extends carillon.v1.Credit.$Properties {
        }

        /** Represents a Credit. */
        class Credit {

            /**
             * Constructs a new Credit.
             * @param [properties] Properties to set
             */
            constructor(properties?: carillon.v1.Credit.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Credit events. */
            events: number;

            /**
             * Encodes the specified Credit message. Does not implicitly {@link carillon.v1.Credit.verify|verify} messages.
             * @param message Credit message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: carillon.v1.Credit.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Credit message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {carillon.v1.Credit & carillon.v1.Credit.$Shape} Credit
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): carillon.v1.Credit & carillon.v1.Credit.$Shape;
        }

        namespace Credit {

            /** Properties of a Credit. */
            interface $Properties {

                /** Credit events */
                events?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Credit. */
            type $Shape = carillon.v1.Credit.$Properties;
        }
    }
}
